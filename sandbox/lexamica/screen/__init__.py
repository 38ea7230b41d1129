"""The small web application of the stand-in and the pages behind the curtain."""
