"""A right queue in 80 lines, and broken ones that each differ from it by as little as it takes.

Each flaw was met in a queue that people use. Some such flaws the judge's protocol cannot
show, so no queue here has them:

- a heartbeat that the writer's lock starves: the protocol has no heartbeat;
- a lease shorter than the work: the caller chooses the lease;
- effects on files made before the commit, or after it: the protocol has no files (the
  audit judges those);
- PostgreSQL without SKIP LOCKED: the judge opens a file, not a server.
"""
