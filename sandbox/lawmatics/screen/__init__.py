"""The small CRM screen of the stand-in and the pages behind the curtain."""
