"""Roles as background processes of the operating system."""
