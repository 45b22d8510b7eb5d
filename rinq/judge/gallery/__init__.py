"""A correct queue in 80 lines (``reference.py``); beside it broken ones (``broken.py``).

Some flaws of queues that people use cannot be shown through the judge's protocol, so no queue
here has them:

- a heartbeat that cannot get the writer's lock: the protocol has no heartbeat;
- a lease shorter than the work: the caller chooses the lease;
- effects on files made before the commit, or after it: the protocol has no files (the
  audit judges those);
- PostgreSQL without SKIP LOCKED: the judge opens a file, not a server.
"""
