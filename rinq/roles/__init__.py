"""The four roles. Import each from its module: a worker process needs only ``worker``."""
