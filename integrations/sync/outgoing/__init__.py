"""What may leave the firm and in which words: sealed records, markers, masking. Start at `snapshots`."""
