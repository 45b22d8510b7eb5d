"""The audit: rows, history and files, three accounts of the same jobs."""
