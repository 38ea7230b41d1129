"""Duties that come with other people's data: the audit log's pages, retention, the firm's export, erasing a client."""
