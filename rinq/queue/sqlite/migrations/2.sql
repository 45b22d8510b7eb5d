-- From version 1 to 2: entries numbered and chained within their job, ids of jobs from
-- those of entries, the time from which a job may be claimed, a checksum of the result,
-- the identity of the database, what the clock needs to run beside the wall clock, and
-- clearer names.

DROP TRIGGER jobs_inserted;
DROP TRIGGER jobs_moved;
DROP TRIGGER jobs_deleted;

ALTER TABLE marks RENAME TO process_events;
ALTER TABLE processes RENAME COLUMN turn_began TO cycle_began;
ALTER TABLE processes RENAME COLUMN turn_ended TO cycle_ended;

-- What the schema refuses now is brought to the nearest that it allows.
ALTER TABLE clock RENAME TO clock_1;
CREATE TABLE clock (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  speed      REAL NOT NULL
             CHECK (speed > 0 AND speed <= 1000),
  base_real  REAL NOT NULL
             CHECK (base_real BETWEEN 0 AND 1e11),
  base_queue REAL NOT NULL
             CHECK (base_queue BETWEEN 0 AND 1e11),
  base_boot  REAL
             CHECK (base_boot BETWEEN 0 AND 1e11),
  boot_id    TEXT
) STRICT;
INSERT INTO clock
SELECT 1, iif(speed > 0, min(speed, 1000), 1), max(0, min(base_real, 1e11)),
       max(0, min(base_queue, 1e11)), NULL, NULL
FROM (SELECT speed, base_real, base_queue FROM clock_1
      UNION ALL SELECT 1, unix, unix
      FROM (SELECT (julianday('now') - 2440587.5) * 86400.0 AS unix) LIMIT 1);
DROP TABLE clock_1;

CREATE TABLE database (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  identity   TEXT NOT NULL,
  archive_of TEXT,
  skipped    INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO database (one, identity) VALUES (1, lower(hex(randomblob(16))));

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

-- Numbering hides that entries are missing, so what was seen before is kept.
INSERT INTO process_events (at, event, detail)
SELECT max(at), 'history gap',
       'when its entries were numbered, the history had ' || count(*) || ' up to id ' || max(id)
FROM transitions HAVING count(*) <> max(id);

ALTER TABLE transitions RENAME TO transitions_1;
CREATE TABLE transitions (
  id          INTEGER PRIMARY KEY,
  job_id      INTEGER NOT NULL,
  number      INTEGER NOT NULL,
  previous    INTEGER,
  event       TEXT    NOT NULL,
  from_status TEXT,
  to_status   TEXT,
  at          REAL    NOT NULL
              CHECK (abs(at) < 1e15),
  actor       TEXT,
  process     TEXT,
  attempt     INTEGER NOT NULL,
  judged_by_limit INTEGER,
  due         REAL,
  checksum    TEXT,
  error       TEXT
) STRICT;
-- The next job takes the id of its first entry. No id is given twice, also not one whose
-- row was deleted, so the entries move up until the next is above every id of a job.
INSERT INTO transitions
SELECT id + up, job_id, row_number() OVER of_job, lag(id + up) OVER of_job, event, from_status,
       to_status, max(-999999999999999.0, min(at, 999999999999999.0)), actor, process,
       attempt, allowed, NULL, NULL, error
FROM transitions_1, (
  SELECT max(0, coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = 'jobs'), 0)
                - coalesce((SELECT max(id) FROM transitions_1), 0)) AS up)
WINDOW of_job AS (PARTITION BY job_id ORDER BY id)
ORDER BY id;
UPDATE database SET skipped = (SELECT coalesce(max(id), 0) - count(*) FROM transitions);
DROP TABLE transitions_1;

ALTER TABLE jobs RENAME TO jobs_1;
CREATE TABLE jobs (
  id          INTEGER PRIMARY KEY,
  name        TEXT    NOT NULL UNIQUE,
  status      TEXT    NOT NULL DEFAULT 'unprocessed'
              CHECK (status IN ('unprocessed', 'processing', 'processed', 'failed', 'cleaned')),
  attempt     INTEGER NOT NULL DEFAULT 0,
  tries       INTEGER NOT NULL DEFAULT 0
              CHECK (tries >= 0),
  reassigns   INTEGER NOT NULL DEFAULT 0
              CHECK (reassigns >= 0),
  process     TEXT,
  since       REAL    NOT NULL DEFAULT ((julianday('now') - 2440587.5) * 86400.0)
              CHECK (abs(since) < 1e15),
  lease_until REAL
              CHECK (abs(lease_until) < 1e15),
  queue_position  INTEGER NOT NULL DEFAULT 0,
  due         REAL    NOT NULL DEFAULT 0.0
              CHECK (abs(due) < 1e15),
  checksum    TEXT,
  entries     INTEGER NOT NULL DEFAULT 1,
  last_entry  INTEGER,
  event       TEXT    NOT NULL DEFAULT 'submit',
  actor       TEXT,
  at          REAL    NOT NULL DEFAULT ((julianday('now') - 2440587.5) * 86400.0)
              CHECK (abs(at) < 1e15),
  judged_by_limit INTEGER,
  error       TEXT
) STRICT;
INSERT INTO jobs
SELECT id, name, status, min(attempt, 1000000000), max(0, min(tries, 1000000000)),
       max(0, min(reassigns, 1000000000)), process,
       max(-999999999999999.0, min(since, 999999999999999.0)),
       max(-999999999999999.0, min(lease_until, 999999999999999.0)), place,
       max(-999999999999999.0, min(since, 999999999999999.0)),
       NULL, coalesce(entries, 0), last_entry, event, actor,
       max(-999999999999999.0, min(at, 999999999999999.0)), allowed, error
FROM jobs_1 LEFT JOIN (
  SELECT job_id, count(*) AS entries, max(id) AS last_entry FROM transitions GROUP BY job_id
) ON job_id = jobs_1.id ORDER BY id;
DROP TABLE jobs_1;
CREATE INDEX jobs_live ON jobs (status, due, queue_position, id)
  WHERE status = 'unprocessed' OR status = 'processing';
CREATE INDEX jobs_failed ON jobs (id) WHERE status = 'failed';
