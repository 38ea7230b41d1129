"""The stand-in for Lawmatics: OAuth, /v1 API, outbound webhooks, control routes and a small CRM screen."""
