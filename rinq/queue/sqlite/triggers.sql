-- The history, also of moves made by hand. `at` never runs backwards, but a time from 1e11
-- on (the year 5138) was written by hand, and is not followed. Each entry of a job has the
-- next number within it, and names the one before it; a job has the id of its first entry,
-- so that no id is given twice. A statement that adds or moves a job sets these columns of
-- the row itself; for any other the trigger does.

CREATE TRIGGER jobs_inserted AFTER INSERT ON jobs
BEGIN
  INSERT INTO transitions (id, job_id, number, previous, event, from_status, to_status, at,
                           actor, process, attempt, judged_by_limit, due, checksum, error)
  SELECT next.id, next.id, 1, NULL,
    CASE WHEN NEW.event = 'submit' AND NEW.status = 'unprocessed'
          AND NEW.attempt = 0 AND NEW.tries = 0 AND NEW.reassigns = 0
         THEN 'submit' ELSE 'illegal' END,
    NULL, NEW.status,
    max(NEW.at, coalesce((SELECT iif(at < 1e11, at, NULL)
                         FROM transitions ORDER BY id DESC LIMIT 1), NEW.at)),
    NEW.actor, NEW.process, NEW.attempt, NEW.judged_by_limit, NEW.due, NEW.checksum, NEW.error
  FROM (SELECT max(NEW.id, coalesce((SELECT max(id) FROM transitions), 0) + 1) AS id) AS next;
  UPDATE jobs SET id = (SELECT max(id) FROM transitions), entries = 1,
                  last_entry = (SELECT max(id) FROM transitions)
  WHERE id = NEW.id
    AND (NEW.id <> (SELECT max(id) FROM transitions) OR NEW.entries <> 1
         OR NEW.last_entry IS NOT (SELECT max(id) FROM transitions));
END;

CREATE TRIGGER jobs_moved AFTER UPDATE OF status, attempt ON jobs
WHEN OLD.status <> NEW.status OR OLD.attempt <> NEW.attempt
BEGIN
  INSERT INTO transitions (job_id, number, previous, event, from_status, to_status, at,
                           actor, process, attempt, judged_by_limit, due, checksum, error)
  VALUES (
    NEW.id, OLD.entries + 1, OLD.last_entry,
    CASE WHEN NEW.attempt = OLD.attempt + (NEW.event = 'claim') AND (
            (NEW.event, OLD.status, NEW.status) = ('claim',    'unprocessed', 'processing')
         OR (NEW.event, OLD.status, NEW.status) = ('complete', 'processing',  'processed')
         OR (NEW.event, OLD.status, NEW.status) = ('retry',    'processing',  'unprocessed')
         OR (NEW.event, OLD.status, NEW.status) = ('fail',     'processing',  'failed')
         OR (NEW.event, OLD.status, NEW.status) = ('reassign', 'processing',  'unprocessed')
         OR (NEW.event, OLD.status, NEW.status) = ('reassign', 'processing',  'failed')
         OR (NEW.event, OLD.status, NEW.status) = ('release',  'processing',  'unprocessed')
         OR (NEW.event, OLD.status, NEW.status) = ('cancel',   'unprocessed', 'failed')
         OR (NEW.event, OLD.status, NEW.status) = ('cancel',   'processing',  'failed')
         OR (NEW.event, OLD.status, NEW.status) = ('clean',    'failed',      'cleaned')
         OR (NEW.event, OLD.status, NEW.status) = ('redrive',  'failed',      'unprocessed'))
         THEN NEW.event ELSE 'illegal' END,
    OLD.status, NEW.status,
    max(NEW.at, coalesce((SELECT iif(at < 1e11, at, NULL)
                         FROM transitions ORDER BY id DESC LIMIT 1), NEW.at)),
    NEW.actor, coalesce(NEW.process, OLD.process), NEW.attempt, NEW.judged_by_limit,
    NEW.due, NEW.checksum, NEW.error);
  UPDATE jobs SET entries = OLD.entries + 1, last_entry = (SELECT max(id) FROM transitions)
  WHERE id = NEW.id
    AND (NEW.entries <> OLD.entries + 1
         OR NEW.last_entry IS NOT (SELECT max(id) FROM transitions));
END;

CREATE TRIGGER jobs_deleted AFTER DELETE ON jobs
WHEN NOT EXISTS (SELECT 1 FROM archived_names WHERE name = OLD.name)
BEGIN
  INSERT INTO transitions (job_id, number, previous, event, from_status, to_status, at,
                           actor, process, attempt, judged_by_limit, due, checksum, error)
  VALUES (
    OLD.id, OLD.entries + 1, OLD.last_entry, 'illegal', OLD.status, NULL,
    max(OLD.at, coalesce((SELECT iif(at < 1e11, at, NULL)
                         FROM transitions ORDER BY id DESC LIMIT 1), OLD.at)),
    OLD.actor, OLD.process, OLD.attempt, NULL,
    OLD.due, OLD.checksum, 'the row was deleted');
END;

-- What is refused: a number from which the queue could not count on, and a row that it cannot
-- do without. The next id is one more than the greatest, so no id may leap (one that is not
-- given is -1 before the insert).

CREATE TRIGGER jobs_inserted_far BEFORE INSERT ON jobs
WHEN (NEW.id > coalesce((SELECT max(id) FROM jobs), 0) + 1
      AND NEW.id > coalesce((SELECT max(id) FROM transitions), 0) + 1)
  OR max(NEW.attempt, NEW.tries, NEW.reassigns, NEW.entries) > 1000000000
BEGIN
  SELECT RAISE(ABORT, 'a number of this row leaves too little room to count on');
END;

CREATE TRIGGER jobs_counted_far BEFORE UPDATE OF attempt, tries, reassigns, entries ON jobs
WHEN (NEW.attempt   > 1000000000 AND NEW.attempt   > OLD.attempt + 1)
  OR (NEW.tries     > 1000000000 AND NEW.tries     > OLD.tries + 1)
  OR (NEW.reassigns > 1000000000 AND NEW.reassigns > OLD.reassigns + 1)
  OR (NEW.entries   > 1000000000 AND NEW.entries   > OLD.entries + 1)
BEGIN
  SELECT RAISE(ABORT, 'a number of this row leaves too little room to count on');
END;

CREATE TRIGGER jobs_renumbered BEFORE UPDATE OF id ON jobs
WHEN NEW.id <> OLD.id AND NEW.id <> (SELECT max(id) FROM transitions)
BEGIN
  SELECT RAISE(ABORT, 'the id of a job never changes');
END;

CREATE TRIGGER transitions_inserted_far BEFORE INSERT ON transitions
WHEN NEW.id > coalesce((SELECT max(id) FROM transitions), 0) + 1
 AND NEW.id > coalesce((SELECT max(id) FROM jobs), 0) + 1
BEGIN
  SELECT RAISE(ABORT, 'this id leaves too little room to count on');
END;

CREATE TRIGGER transitions_renumbered BEFORE UPDATE OF id ON transitions WHEN NEW.id <> OLD.id
BEGIN
  SELECT RAISE(ABORT, 'the id of an entry never changes');
END;

CREATE TRIGGER database_deleted BEFORE DELETE ON database
BEGIN
  SELECT RAISE(ABORT, 'the database has one identity, always');
END;

CREATE TRIGGER clock_deleted BEFORE DELETE ON clock
BEGIN
  SELECT RAISE(ABORT, 'the clock has one row, always');
END;
