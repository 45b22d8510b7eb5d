-- The whole schema. Times are queue seconds, except in `processes` (see there).
-- Everything here may be read, and even written, by hand: the triggers in
-- triggers.sql record each move. Refused is only what no process could work with.

CREATE TABLE jobs (
  id          INTEGER PRIMARY KEY,                -- that of its first entry in transitions
  name        TEXT    NOT NULL UNIQUE,            -- the file's name in primary_path
  status      TEXT    NOT NULL DEFAULT 'unprocessed'
              CHECK (status IN ('unprocessed', 'processing', 'processed', 'failed', 'cleaned')),
  attempt     INTEGER NOT NULL DEFAULT 0,         -- claims so far: the fence; never reset
  tries       INTEGER NOT NULL DEFAULT 0          -- executions that failed or ran out of time
              CHECK (tries >= 0),
  reassigns   INTEGER NOT NULL DEFAULT 0          -- claims that the Manager took back
              CHECK (reassigns >= 0),
  process     TEXT,                               -- who holds the claim, if anybody does
  since       REAL    NOT NULL DEFAULT ((julianday('now') - 2440587.5) * 86400.0)
              CHECK (abs(since) < 1e15),
  lease_until REAL                                -- when the claim may be taken back
              CHECK (abs(lease_until) < 1e15),
  queue_position  INTEGER NOT NULL DEFAULT 0,     -- order among those that wait
  due         REAL    NOT NULL DEFAULT 0.0        -- when it may be claimed
              CHECK (abs(due) < 1e15),
  checksum    TEXT,                               -- SHA-256 of the accepted result
  entries     INTEGER NOT NULL DEFAULT 1,         -- of its history,
  last_entry  INTEGER,                            -- and the id of the newest
  event       TEXT    NOT NULL DEFAULT 'submit',  -- the last move: what, who, when,
  actor       TEXT,
  at          REAL    NOT NULL DEFAULT ((julianday('now') - 2440587.5) * 86400.0)
              CHECK (abs(at) < 1e15),
  judged_by_limit INTEGER,                        -- by which limit,
  error       TEXT                                -- and why
) STRICT;

-- Few indices, since each costs every move a page. A claim reads the first waiting job
-- of the first, the Manager the claimed ones there; the Cleaner reads the second.
CREATE INDEX jobs_live ON jobs (status, due, queue_position, id)
  WHERE status = 'unprocessed' OR status = 'processing';
CREATE INDEX jobs_failed ON jobs (id) WHERE status = 'failed';

CREATE TABLE transitions (
  id          INTEGER PRIMARY KEY,
  job_id      INTEGER NOT NULL,
  number      INTEGER NOT NULL,                   -- 1, 2, 3, ... within the job
  previous    INTEGER,                            -- the id of the entry with the number before
  event       TEXT    NOT NULL,
  from_status TEXT,
  to_status   TEXT,
  at          REAL    NOT NULL
              CHECK (abs(at) < 1e15),
  actor       TEXT,                               -- who moved it
  process     TEXT,                               -- who held the claim
  attempt     INTEGER NOT NULL,
  judged_by_limit INTEGER,
  due         REAL,
  checksum    TEXT,
  error       TEXT
) STRICT;

CREATE TABLE clock (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  speed      REAL NOT NULL                        -- queue seconds per real second
             CHECK (speed > 0 AND speed <= 1000),
  base_real  REAL NOT NULL                        -- this real time ...
             CHECK (base_real BETWEEN 0 AND 1e11),
  base_queue REAL NOT NULL                        -- ... was this queue time
             CHECK (base_queue BETWEEN 0 AND 1e11),
  base_boot  REAL                                 -- ... and this many seconds after
             CHECK (base_boot BETWEEN 0 AND 1e11),
  boot_id    TEXT                                 -- the start of the system with this id
) STRICT;

CREATE TABLE database (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  identity   TEXT NOT NULL,                       -- drawn once: no two databases share it
  archive_of TEXT,                                -- an archive: the identity of its queue
  skipped    INTEGER NOT NULL DEFAULT 0           -- ids of entries that were never used
) STRICT;

INSERT INTO database (one, identity) VALUES (1, lower(hex(randomblob(16))));

-- What `prune` took out: names, which stay taken, and how many entries of each kind.
CREATE TABLE archived_names (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE archived_entries (
  event       TEXT    NOT NULL,
  from_status TEXT,
  to_status   TEXT,
  attempt     INTEGER NOT NULL,
  n           INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX archived_kinds ON archived_entries
  (event, coalesce(from_status, ''), coalesce(to_status, ''), attempt);

CREATE TABLE settings (
  key   TEXT PRIMARY KEY,                         -- a dotted config name, or 'paused'
  value TEXT NOT NULL                             -- JSON
) STRICT;

CREATE TABLE processes (
  name           TEXT PRIMARY KEY,
  role           TEXT    NOT NULL,
  pid            INTEGER NOT NULL,
  started        REAL    NOT NULL,                -- of the pid: see rinq/queue/liveness.py
  host           TEXT    NOT NULL,
  incarnation    INTEGER NOT NULL,                -- 1 at the first start of this name
  owned          INTEGER NOT NULL,                -- ends with the program that started it
  registered     REAL    NOT NULL,                -- this and the next three: Unix seconds
  ready          REAL,
  stop_requested REAL,
  ended          REAL,
  outcome        TEXT,                            -- how it ended: stopped, killed, crashed
  cycle_began     REAL,                            -- the last completed poll cycle: queue seconds
  cycle_ended     REAL
) STRICT;

CREATE TABLE process_events (
  id      INTEGER PRIMARY KEY,
  at      REAL NOT NULL,
  process TEXT,
  event   TEXT NOT NULL,                          -- kill, freeze, thaw, crash, ...
  detail  TEXT
) STRICT;
