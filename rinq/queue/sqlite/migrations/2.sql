-- From version 1 to 2: entries numbered within their job, the time from which a job
-- may be claimed, a checksum of the result, the identity of the database, what the
-- clock needs to run beside the wall clock, and clearer names.

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
  one      INTEGER PRIMARY KEY CHECK (one = 1),
  identity TEXT NOT NULL
) STRICT;
INSERT INTO database VALUES (1, lower(hex(randomblob(16))));

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
INSERT INTO transitions
SELECT id, job_id, row_number() OVER (PARTITION BY job_id ORDER BY id), event, from_status,
       to_status, max(-999999999999999.0, min(at, 999999999999999.0)), actor, process,
       attempt, allowed, NULL, NULL, error
FROM transitions_1 ORDER BY id;
DROP TABLE transitions_1;
CREATE INDEX transitions_of_job ON transitions (job_id, number);

ALTER TABLE jobs RENAME TO jobs_1;
CREATE TABLE jobs (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
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
       NULL, (SELECT count(*) FROM transitions AS t WHERE t.job_id = j.id), event, actor,
       max(-999999999999999.0, min(at, 999999999999999.0)), allowed, error
FROM jobs_1 AS j ORDER BY id;
-- No id is given twice, also not one whose row was deleted.
DELETE FROM sqlite_sequence WHERE name = 'jobs';
UPDATE sqlite_sequence SET name = 'jobs' WHERE name = 'jobs_1';
DROP TABLE jobs_1;
CREATE INDEX jobs_waiting ON jobs (queue_position, id) WHERE status = 'unprocessed';
CREATE INDEX jobs_claimed ON jobs (lease_until) WHERE status = 'processing';
CREATE INDEX jobs_failed  ON jobs (id) WHERE status = 'failed';
