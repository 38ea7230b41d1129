"""Domain announcements: `casehug.outbox.services.publish` inside the transaction of the change."""
