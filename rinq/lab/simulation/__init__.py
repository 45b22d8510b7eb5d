"""The roles in virtual time."""
