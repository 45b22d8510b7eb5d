-- The history, also of changes made by hand. `at` never runs backwards. Each entry of a
-- job has the next number within it, and names the one before it; a job has the id of its
-- first entry, so that no id is given twice. A statement that adds or moves a job sets
-- these columns of the row itself; for any other the trigger does.

CREATE TRIGGER jobs_inserted_ahead BEFORE INSERT ON jobs
WHEN NEW.id > coalesce((SELECT max(id) FROM transitions), 0) + 1
BEGIN
  UPDATE database SET
    skipped = skipped + NEW.id - 1 - coalesce((SELECT max(id) FROM transitions), 0);
END;

CREATE TRIGGER jobs_inserted AFTER INSERT ON jobs
BEGIN
  INSERT INTO transitions (id, job_id, number, previous, event, from_status, to_status, at,
                           actor, process, attempt, judged_by_limit, due, checksum, error)
  SELECT next.id, next.id, 1, NULL,
    CASE WHEN NEW.event = 'submit' AND NEW.status = 'unprocessed'
          AND NEW.attempt = 0 AND NEW.tries = 0 AND NEW.reassigns = 0
         THEN 'submit' ELSE 'illegal' END,
    NULL, NEW.status,
    max(NEW.at, coalesce((SELECT at FROM transitions ORDER BY id DESC LIMIT 1), NEW.at)),
    NEW.actor, NEW.process, NEW.attempt, NEW.judged_by_limit, NEW.due, NEW.checksum, NEW.error
  FROM (SELECT max(NEW.id, coalesce((SELECT max(id) FROM transitions), 0) + 1) AS id) AS next;
  UPDATE jobs SET id = entry.id, entries = 1, last_entry = entry.id
  FROM (SELECT max(id) AS id FROM transitions) AS entry
  WHERE jobs.id = NEW.id
    AND (NEW.id <> entry.id OR NEW.entries <> 1 OR NEW.last_entry IS NOT entry.id);
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
    max(NEW.at, coalesce((SELECT at FROM transitions ORDER BY id DESC LIMIT 1), NEW.at)),
    NEW.actor, coalesce(NEW.process, OLD.process), NEW.attempt, NEW.judged_by_limit,
    NEW.due, NEW.checksum, NEW.error);
  UPDATE jobs SET entries = OLD.entries + 1, last_entry = entry.id
  FROM (SELECT max(id) AS id FROM transitions) AS entry
  WHERE jobs.id = NEW.id
    AND (NEW.entries <> OLD.entries + 1 OR NEW.last_entry IS NOT entry.id);
END;

CREATE TRIGGER jobs_deleted AFTER DELETE ON jobs
WHEN NOT EXISTS (SELECT 1 FROM archived_names WHERE name = OLD.name)
BEGIN
  INSERT INTO transitions (job_id, number, previous, event, from_status, to_status, at,
                           actor, process, attempt, judged_by_limit, due, checksum, error)
  VALUES (
    OLD.id, OLD.entries + 1, OLD.last_entry, 'illegal', OLD.status, NULL,
    max(OLD.at, coalesce((SELECT at FROM transitions ORDER BY id DESC LIMIT 1), OLD.at)),
    OLD.actor, OLD.process, OLD.attempt, NULL,
    OLD.due, OLD.checksum, 'the row was deleted');
END;
