-- The history, also of changes made by hand. `at` never runs backwards. An entry's
-- number within its job is one more than the row counted before: a statement that
-- moves a job counts its entry itself; for any other the trigger does.

CREATE TRIGGER jobs_inserted AFTER INSERT ON jobs
BEGIN
  INSERT INTO transitions (job_id, number, event, from_status, to_status, at, actor, process,
                           attempt, judged_by_limit, due, checksum, error)
  VALUES (
    NEW.id, coalesce((SELECT max(number) FROM transitions WHERE job_id = NEW.id), 0) + 1,
    CASE WHEN (NEW.event, NEW.status, NEW.attempt, NEW.tries, NEW.reassigns)
              = ('submit', 'unprocessed', 0, 0, 0)
         THEN 'submit' ELSE 'illegal' END,
    NULL, NEW.status,
    max(NEW.at, coalesce((SELECT at FROM transitions ORDER BY id DESC LIMIT 1), NEW.at)),
    NEW.actor, NEW.process, NEW.attempt, NEW.judged_by_limit, NEW.due, NEW.checksum, NEW.error);
  UPDATE jobs SET entries = (SELECT max(number) FROM transitions WHERE job_id = NEW.id)
  WHERE id = NEW.id
    AND entries <> (SELECT max(number) FROM transitions WHERE job_id = NEW.id);
END;

CREATE TRIGGER jobs_moved AFTER UPDATE OF status, attempt ON jobs
WHEN OLD.status <> NEW.status OR OLD.attempt <> NEW.attempt
BEGIN
  INSERT INTO transitions (job_id, number, event, from_status, to_status, at, actor, process,
                           attempt, judged_by_limit, due, checksum, error)
  VALUES (
    NEW.id, OLD.entries + 1,
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
    NEW.actor, coalesce(NEW.process, OLD.process), NEW.attempt, NEW.judged_by_limit,
    NEW.due, NEW.checksum, NEW.error);
  UPDATE jobs SET entries = OLD.entries + 1
  WHERE id = NEW.id AND NEW.entries <> OLD.entries + 1;
END;

CREATE TRIGGER jobs_deleted AFTER DELETE ON jobs
BEGIN
  INSERT INTO transitions (job_id, number, event, from_status, to_status, at, actor, process,
                           attempt, judged_by_limit, due, checksum, error)
  VALUES (
    OLD.id, OLD.entries + 1, 'illegal', OLD.status, NULL,
    max(OLD.at, coalesce((SELECT at FROM transitions ORDER BY id DESC LIMIT 1), OLD.at)),
    OLD.actor, OLD.process, OLD.attempt, NULL,
    OLD.due, OLD.checksum, 'the row was deleted');
END;
