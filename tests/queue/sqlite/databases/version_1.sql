-- A queue as rinq 0.1.0 made it (schema version 1), with all that can happen to a job.
BEGIN TRANSACTION;
CREATE TABLE clock (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  speed      REAL NOT NULL,                       -- queue seconds per real second
  base_real  REAL NOT NULL,                       -- this real time ...
  base_queue REAL NOT NULL                        -- ... was this queue time
) STRICT;
INSERT INTO "clock" VALUES(1,5.0,1000092.0,1000092.0);
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
  place       INTEGER NOT NULL DEFAULT 0,         -- order among those that wait
  event       TEXT    NOT NULL DEFAULT 'submit',  -- the last move: what, who, when,
  actor       TEXT,
  at          REAL    NOT NULL DEFAULT ((julianday('now') - 2440587.5) * 86400.0),
  allowed     INTEGER,                            -- by which limit it was judged,
  error       TEXT                                -- and why
) STRICT;
INSERT INTO "jobs" VALUES(1,'job-000000','processed',1,0,0,NULL,1000008.0,NULL,1,'complete','consumer-1',1000008.0,NULL,NULL);
INSERT INTO "jobs" VALUES(2,'job-000001','unprocessed',1,1,0,NULL,1000010.0,NULL,12,'retry','consumer-1',1000010.0,2,'ValueError: no');
INSERT INTO "jobs" VALUES(3,'job-000002','cleaned',1,1,0,NULL,1000013.0,NULL,14,'clean','cleaner-1',1000013.0,NULL,NULL);
INSERT INTO "jobs" VALUES(4,'job-000003','unprocessed',1,0,0,NULL,1000016.0,NULL,18,'redrive','operator',1000016.0,NULL,NULL);
INSERT INTO "jobs" VALUES(5,'job-000004','unprocessed',1,0,1,NULL,1000087.0,NULL,20,'reassign','manager-1',1000087.0,5,'the lease lapsed: nothing was heard from consumer-1 in time');
INSERT INTO "jobs" VALUES(6,'job-000005','unprocessed',1,0,0,NULL,1000090.0,NULL,23,'release','consumer-3',1000090.0,NULL,NULL);
INSERT INTO "jobs" VALUES(7,'job-000006','processing',1,0,0,'consumer-3',1000091.0,1000691.0,7,'claim','consumer-3',1000091.0,NULL,NULL);
INSERT INTO "jobs" VALUES(8,'job-000007','unprocessed',0,0,0,NULL,1000006.0,NULL,7,'submit',NULL,1000006.0,NULL,NULL);
CREATE TABLE marks (
  id      INTEGER PRIMARY KEY,
  at      REAL NOT NULL,
  process TEXT,
  event   TEXT NOT NULL,                          -- kill, freeze, thaw, crash, ...
  detail  TEXT
) STRICT;
INSERT INTO "marks" VALUES(1,1000097.0,'consumer-1','kill','job-000003');
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
  turn_began     REAL,                            -- the last completed turn: queue seconds
  turn_ended     REAL
) STRICT;
INSERT INTO "processes" VALUES('consumer-1','consumer',999999,1.0,'elsewhere',1,0,1000093.0,NULL,NULL,1000093.0,'killed',1000000.5,1000001.5);
CREATE TABLE settings (
  key   TEXT PRIMARY KEY,                         -- a dotted config name, or 'paused'
  value TEXT NOT NULL                             -- JSON
) STRICT;
INSERT INTO "settings" VALUES('manager.timeout','30');
INSERT INTO "settings" VALUES('paused','true');
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
  allowed     INTEGER,
  error       TEXT
) STRICT;
INSERT INTO "transitions" VALUES(1,1,'submit',NULL,'unprocessed',1000000.0,'producer-1',NULL,0,NULL,NULL);
INSERT INTO "transitions" VALUES(2,2,'submit',NULL,'unprocessed',1000001.0,'producer-1',NULL,0,NULL,NULL);
INSERT INTO "transitions" VALUES(3,3,'submit',NULL,'unprocessed',1000002.0,'producer-1',NULL,0,NULL,NULL);
INSERT INTO "transitions" VALUES(4,4,'submit',NULL,'unprocessed',1000003.0,'producer-1',NULL,0,NULL,NULL);
INSERT INTO "transitions" VALUES(5,5,'submit',NULL,'unprocessed',1000004.0,'producer-1',NULL,0,NULL,NULL);
INSERT INTO "transitions" VALUES(6,6,'submit',NULL,'unprocessed',1000005.0,'producer-1',NULL,0,NULL,NULL);
INSERT INTO "transitions" VALUES(7,7,'submit',NULL,'unprocessed',1000006.0,NULL,NULL,0,NULL,NULL);
INSERT INTO "transitions" VALUES(8,8,'submit',NULL,'unprocessed',1000006.0,NULL,NULL,0,NULL,NULL);
INSERT INTO "transitions" VALUES(9,1,'claim','unprocessed','processing',1000007.0,'consumer-1','consumer-1',1,NULL,NULL);
INSERT INTO "transitions" VALUES(10,1,'complete','processing','processed',1000008.0,'consumer-1','consumer-1',1,NULL,NULL);
INSERT INTO "transitions" VALUES(11,2,'claim','unprocessed','processing',1000009.0,'consumer-1','consumer-1',1,NULL,NULL);
INSERT INTO "transitions" VALUES(12,2,'retry','processing','unprocessed',1000010.0,'consumer-1','consumer-1',1,2,'ValueError: no');
INSERT INTO "transitions" VALUES(13,3,'claim','unprocessed','processing',1000011.0,'consumer-2','consumer-2',1,NULL,NULL);
INSERT INTO "transitions" VALUES(14,3,'fail','processing','failed',1000012.0,'consumer-2','consumer-2',1,1,'ValueError: no');
INSERT INTO "transitions" VALUES(15,3,'clean','failed','cleaned',1000013.0,'cleaner-1',NULL,1,NULL,NULL);
INSERT INTO "transitions" VALUES(16,4,'claim','unprocessed','processing',1000014.0,'consumer-2','consumer-2',1,NULL,NULL);
INSERT INTO "transitions" VALUES(17,4,'fail','processing','failed',1000015.0,'consumer-2','consumer-2',1,1,'ValueError: no');
INSERT INTO "transitions" VALUES(18,4,'redrive','failed','unprocessed',1000016.0,'operator',NULL,1,NULL,NULL);
INSERT INTO "transitions" VALUES(19,5,'claim','unprocessed','processing',1000017.0,'consumer-1','consumer-1',1,NULL,NULL);
INSERT INTO "transitions" VALUES(20,5,'reassign','processing','unprocessed',1000087.0,'manager-1','consumer-1',1,5,'the lease lapsed: nothing was heard from consumer-1 in time');
INSERT INTO "transitions" VALUES(21,5,'refused','unprocessed','unprocessed',1000088.0,'consumer-1','consumer-1',1,NULL,'complete of job-000004, attempt 1, refused: it is unprocessed at attempt 1');
INSERT INTO "transitions" VALUES(22,6,'claim','unprocessed','processing',1000089.0,'consumer-3','consumer-3',1,NULL,NULL);
INSERT INTO "transitions" VALUES(23,6,'release','processing','unprocessed',1000090.0,'consumer-3','consumer-3',1,NULL,NULL);
INSERT INTO "transitions" VALUES(24,7,'claim','unprocessed','processing',1000091.0,'consumer-3','consumer-3',1,NULL,NULL);
CREATE INDEX jobs_waiting ON jobs (place, id) WHERE status = 'unprocessed';
CREATE INDEX jobs_claimed ON jobs (lease_until) WHERE status = 'processing';
CREATE INDEX jobs_failed  ON jobs (id) WHERE status = 'failed';
CREATE INDEX transitions_of_job ON transitions (job_id, id);
CREATE TRIGGER jobs_inserted AFTER INSERT ON jobs
BEGIN
  INSERT INTO transitions (job_id, event, from_status, to_status, at, actor, process, attempt, allowed, error)
  VALUES (
    NEW.id,
    CASE WHEN (NEW.event, NEW.status, NEW.attempt, NEW.tries, NEW.reassigns)
              = ('submit', 'unprocessed', 0, 0, 0)
         THEN 'submit' ELSE 'illegal' END,
    NULL, NEW.status,
    max(NEW.at, coalesce((SELECT at FROM transitions ORDER BY id DESC LIMIT 1), NEW.at)),
    NEW.actor, NEW.process, NEW.attempt, NEW.allowed, NEW.error);
END;
CREATE TRIGGER jobs_moved AFTER UPDATE OF status, attempt ON jobs
WHEN OLD.status <> NEW.status OR OLD.attempt <> NEW.attempt
BEGIN
  INSERT INTO transitions (job_id, event, from_status, to_status, at, actor, process, attempt, allowed, error)
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
    NEW.actor, coalesce(NEW.process, OLD.process), NEW.attempt, NEW.allowed, NEW.error);
END;
CREATE TRIGGER jobs_deleted AFTER DELETE ON jobs
BEGIN
  INSERT INTO transitions (job_id, event, from_status, to_status, at, actor, process, attempt, allowed, error)
  VALUES (
    OLD.id, 'illegal', OLD.status, NULL,
    max(OLD.at, coalesce((SELECT at FROM transitions ORDER BY id DESC LIMIT 1), OLD.at)),
    OLD.actor, OLD.process, OLD.attempt, NULL, 'the row was deleted');
END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('jobs',8);
COMMIT;
PRAGMA application_id = 1919512177;
PRAGMA user_version = 1;
