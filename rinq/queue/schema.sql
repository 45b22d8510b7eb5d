-- The whole schema. Times are queue seconds, except in `processes` (see there).
-- Everything here may be read, and even written, by hand: the triggers at the
-- end record what happened and never block it.

CREATE TABLE jobs (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  name        TEXT    NOT NULL UNIQUE,            -- the file's name in primary_path
  status      TEXT    NOT NULL DEFAULT 'unprocessed'
              CHECK (status IN ('unprocessed', 'processing', 'processed', 'failed', 'cleaned')),
  attempt     INTEGER NOT NULL DEFAULT 0,         -- claims so far: the fence; never reset
  tries       INTEGER NOT NULL DEFAULT 0,         -- executions that failed or ran out of time
  reassigns   INTEGER NOT NULL DEFAULT 0,         -- claims that the Manager took back
  process     TEXT,                               -- who holds the claim, if anybody does
  since       REAL    NOT NULL DEFAULT ((julianday('now') - 2440587.5) * 86400.0),
  lease_until REAL,                               -- when the claim may be taken back
  queue_position       INTEGER NOT NULL DEFAULT 0,         -- order among those that wait
  event       TEXT    NOT NULL DEFAULT 'submit',  -- the last move: what, who, when,
  actor       TEXT,
  at          REAL    NOT NULL DEFAULT ((julianday('now') - 2440587.5) * 86400.0),
  judged_by_limit     INTEGER,                            -- by which limit it was judged,
  error       TEXT                                -- and why
) STRICT;

-- A claim reads the head of the first; the Manager the second; the Cleaner the third.
CREATE INDEX jobs_waiting ON jobs (queue_position, id) WHERE status = 'unprocessed';
CREATE INDEX jobs_claimed ON jobs (lease_until) WHERE status = 'processing';
CREATE INDEX jobs_failed  ON jobs (id) WHERE status = 'failed';

CREATE TABLE transitions (
  id          INTEGER PRIMARY KEY,
  job_id      INTEGER NOT NULL,
  event       TEXT    NOT NULL,
  from_status TEXT,
  to_status   TEXT,
  at          REAL    NOT NULL,
  actor       TEXT,                               -- who moved it
  process     TEXT,                               -- who held the claim
  attempt     INTEGER NOT NULL,
  judged_by_limit     INTEGER,
  error       TEXT
) STRICT;

CREATE INDEX transitions_of_job ON transitions (job_id, id);

CREATE TABLE clock (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  speed      REAL NOT NULL,                       -- queue seconds per real second
  base_real  REAL NOT NULL,                       -- this real time ...
  base_queue REAL NOT NULL                        -- ... was this queue time
) STRICT;

CREATE TABLE settings (
  key   TEXT PRIMARY KEY,                         -- a dotted config name, or 'paused'
  value TEXT NOT NULL                             -- JSON
) STRICT;

CREATE TABLE processes (
  name           TEXT PRIMARY KEY,
  role           TEXT    NOT NULL,
  pid            INTEGER NOT NULL,
  started        REAL    NOT NULL,                -- start time of the pid; real, like
  host           TEXT    NOT NULL,
  incarnation    INTEGER NOT NULL,                -- 1 at the first start of this name
  owned          INTEGER NOT NULL,                -- ends with the program that started it
  registered     REAL    NOT NULL,                -- these five: Unix seconds
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

-- The history. `at` never runs backwards, also for changes made by hand.

CREATE TRIGGER jobs_inserted AFTER INSERT ON jobs
BEGIN
  INSERT INTO transitions (job_id, event, from_status, to_status, at, actor, process, attempt, judged_by_limit, error)
  VALUES (
    NEW.id,
    CASE WHEN (NEW.event, NEW.status, NEW.attempt, NEW.tries, NEW.reassigns)
              = ('submit', 'unprocessed', 0, 0, 0)
         THEN 'submit' ELSE 'illegal' END,
    NULL, NEW.status,
    max(NEW.at, coalesce((SELECT at FROM transitions ORDER BY id DESC LIMIT 1), NEW.at)),
    NEW.actor, NEW.process, NEW.attempt, NEW.judged_by_limit, NEW.error);
END;

CREATE TRIGGER jobs_moved AFTER UPDATE OF status, attempt ON jobs
WHEN OLD.status <> NEW.status OR OLD.attempt <> NEW.attempt
BEGIN
  INSERT INTO transitions (job_id, event, from_status, to_status, at, actor, process, attempt, judged_by_limit, error)
  VALUES (
    NEW.id,
    CASE WHEN NEW.attempt = OLD.attempt + (NEW.event = 'claim')
          AND (NEW.event, OLD.status, NEW.status) IN (VALUES
               ('claim',    'unprocessed', 'processing'),
               ('complete', 'processing',  'processed'),
               ('retry',    'processing',  'unprocessed'),
               ('fail',     'processing',  'failed'),
               ('reassign', 'processing',  'unprocessed'),
               ('reassign', 'processing',  'failed'),
               ('release',  'processing',  'unprocessed'),
               ('clean',    'failed',      'cleaned'),
               ('redrive',  'failed',      'unprocessed'))
         THEN NEW.event ELSE 'illegal' END,
    OLD.status, NEW.status,
    max(NEW.at, coalesce((SELECT at FROM transitions ORDER BY id DESC LIMIT 1), NEW.at)),
    NEW.actor, coalesce(NEW.process, OLD.process), NEW.attempt, NEW.judged_by_limit, NEW.error);
END;

CREATE TRIGGER jobs_deleted AFTER DELETE ON jobs
BEGIN
  INSERT INTO transitions (job_id, event, from_status, to_status, at, actor, process, attempt, judged_by_limit, error)
  VALUES (
    OLD.id, 'illegal', OLD.status, NULL,
    max(OLD.at, coalesce((SELECT at FROM transitions ORDER BY id DESC LIMIT 1), OLD.at)),
    OLD.actor, OLD.process, OLD.attempt, NULL, 'the row was deleted');
END;
