-- Every statement that the queue runs, by name. `:now` is queue time.
-- Each move checks in its own WHERE what it moves from; there is no
-- select-then-update. The triggers in triggers.sql write the history.

-- name: submit
INSERT INTO jobs (id, last_entry, queue_position, name, due, since, event, actor, at)
SELECT next.id, next.id, next.id, :name, :now + :delay, :now, 'submit', :actor, :now
FROM (SELECT max(coalesce((SELECT max(id) FROM transitions), 0),
                 coalesce((SELECT max(id) FROM jobs), 0)) + 1 AS id) AS next
WHERE NOT EXISTS (SELECT 1 FROM archived_names WHERE name = :name)
RETURNING *;

-- name: submit_many
INSERT INTO jobs (id, last_entry, queue_position, name, due, since, event, actor, at)
SELECT last.id + key + 1, last.id + key + 1, last.id + key + 1, value, :now + :delay, :now,
       'submit', :actor, :now
FROM json_each(:names),
     (SELECT max(coalesce((SELECT max(id) FROM transitions), 0),
                 coalesce((SELECT max(id) FROM jobs), 0)) AS id) AS last;

-- name: claim
UPDATE jobs SET
  status = 'processing', attempt = attempt + 1, process = :actor,
  since = :now, lease_until = :now + :lease,
  event = 'claim', actor = :actor, at = :now, judged_by_limit = NULL, error = NULL,
  entries = entries + 1, last_entry = (SELECT max(id) + 1 FROM transitions)
WHERE status = 'unprocessed' AND id = (
  SELECT id FROM jobs WHERE status = 'unprocessed' AND due <= :now
  ORDER BY due, queue_position, id LIMIT 1)
RETURNING id, name, attempt;

-- name: next_due
SELECT due FROM jobs INDEXED BY jobs_live WHERE status = 'unprocessed' ORDER BY due LIMIT 1;

-- name: complete
UPDATE jobs SET
  status = 'processed', checksum = :checksum, process = NULL, since = :now, lease_until = NULL,
  event = 'complete', actor = :actor, at = :now, judged_by_limit = NULL, error = NULL,
  entries = entries + 1, last_entry = (SELECT max(id) + 1 FROM transitions)
WHERE id = :job_id AND status = 'processing' AND attempt = :attempt
RETURNING status;

-- name: fail
UPDATE jobs SET
  status = iif(tries + 1 >= :n_tries, 'failed', 'unprocessed'),
  event  = iif(tries + 1 >= :n_tries, 'fail', 'retry'),
  tries  = tries + 1, process = NULL, since = :now, lease_until = NULL,
  queue_position = (SELECT max(id) + 1 FROM transitions), due = :now + :delay,
  actor  = :actor, at = :now, judged_by_limit = :n_tries, error = :error,
  entries = entries + 1, last_entry = (SELECT max(id) + 1 FROM transitions)
WHERE id = :job_id AND status = 'processing' AND attempt = :attempt
RETURNING status;

-- name: release
UPDATE jobs SET
  status = 'unprocessed', process = NULL, since = :now, lease_until = NULL,
  queue_position = (SELECT max(id) + 1 FROM transitions), due = :now,
  event = 'release', actor = :actor, at = :now, judged_by_limit = NULL, error = NULL,
  entries = entries + 1, last_entry = (SELECT max(id) + 1 FROM transitions)
WHERE id = :job_id AND status = 'processing' AND attempt = :attempt
RETURNING status;

-- name: renew
UPDATE jobs SET lease_until = max(coalesce(lease_until, 0), :now + :lease)
WHERE id = :job_id AND status = 'processing' AND attempt = :attempt
RETURNING status;

-- name: lapsed
SELECT id FROM jobs INDEXED BY jobs_live
WHERE status = 'processing' AND (lease_until < :now OR lease_until IS NULL)
ORDER BY lease_until, id;

-- name: reassign
UPDATE jobs SET
  status = iif(reassigns + 1 >= :n_reassigns, 'failed', 'unprocessed'),
  reassigns = reassigns + 1, process = NULL, since = :now, lease_until = NULL,
  queue_position = (SELECT max(id) + 1 FROM transitions), due = :now,
  event = 'reassign', actor = :actor, at = :now, judged_by_limit = :n_reassigns,
  error = 'the lease lapsed: nothing was heard from ' || coalesce(process, 'its holder') || ' in time',
  entries = entries + 1, last_entry = (SELECT max(id) + 1 FROM transitions)
WHERE id = :job_id AND status = 'processing' AND (lease_until < :now OR lease_until IS NULL)
RETURNING *;

-- name: cancel
UPDATE jobs SET
  status = 'failed', process = NULL, since = :now, lease_until = NULL,
  event = 'cancel', actor = :actor, at = :now, judged_by_limit = NULL, error = :error,
  entries = entries + 1, last_entry = (SELECT max(id) + 1 FROM transitions)
WHERE name = :name AND (status = 'unprocessed' OR status = 'processing')
RETURNING *;

-- name: clean
UPDATE jobs SET
  status = 'cleaned', since = :now,
  event = 'clean', actor = :actor, at = :now, judged_by_limit = NULL, error = NULL,
  entries = entries + 1, last_entry = (SELECT max(id) + 1 FROM transitions)
WHERE name = :name AND status = 'failed'
RETURNING *;

-- name: redrive
UPDATE jobs SET
  status = 'unprocessed', tries = 0, reassigns = 0, since = :now,
  queue_position = (SELECT max(id) + 1 FROM transitions), due = :now,
  event = 'redrive', actor = :actor, at = :now, judged_by_limit = NULL, error = NULL,
  entries = entries + 1, last_entry = (SELECT max(id) + 1 FROM transitions)
WHERE name = :name AND status = 'failed'
RETURNING *;

-- name: refuse
INSERT INTO transitions (job_id, number, previous, event, from_status, to_status, at, actor,
                         process, attempt, due, error)
SELECT id, entries + 1, last_entry, 'refused', status, status,
       max(:now, coalesce((SELECT iif(at < 1e11, at, NULL)
                           FROM transitions ORDER BY id DESC LIMIT 1), :now)),
       :actor, :process, :attempt, due, :error
FROM jobs WHERE id = :job_id;

-- name: count_refusal
UPDATE jobs SET entries = entries + 1, last_entry = (SELECT max(id) FROM transitions)
WHERE id = :job_id;

-- name: made_before
WITH RECURSIVE walk (id) AS (
  SELECT last_entry FROM jobs WHERE id = :job_id
  UNION ALL
  SELECT t.previous FROM walk JOIN transitions AS t USING (id) WHERE t.previous < t.id)
SELECT t.id, t.to_status FROM walk JOIN transitions AS t USING (id)
WHERE t.attempt = :attempt AND t.actor = :actor
  AND t.event IN (SELECT value FROM json_each(:events)) LIMIT 1;

-- name: claim_made_with
-- The claim that one process made in one transaction with an entry, if it still holds the job.
SELECT j.id, j.name, j.attempt FROM transitions AS done
JOIN transitions AS t ON t.id = done.id + 1
JOIN jobs AS j ON j.id = t.job_id AND j.attempt = t.attempt AND j.status = 'processing'
WHERE done.id = :id AND t.event = 'claim' AND t.actor = done.actor AND t.at = done.at;

-- name: job
SELECT * FROM jobs WHERE name = :name;

-- name: job_by_id
SELECT * FROM jobs WHERE id = :job_id;

-- name: jobs
SELECT * FROM jobs WHERE id > :after ORDER BY id LIMIT :limit;

-- name: jobs_of_status
SELECT * FROM jobs WHERE status = :status AND id > :after ORDER BY id LIMIT :limit;

-- name: failed_jobs
SELECT * FROM jobs WHERE status = 'failed' AND id > :after ORDER BY id LIMIT :limit;

-- name: claimed_jobs
SELECT * FROM jobs INDEXED BY jobs_live
WHERE status = 'processing' AND id > :after ORDER BY id LIMIT :limit;

-- name: before_newest
SELECT id FROM jobs WHERE :status IS NULL OR status = :status
ORDER BY id DESC LIMIT 1 OFFSET :n;

-- name: counts
SELECT status, count(*) AS n FROM jobs GROUP BY status;

-- name: taken_names
SELECT name FROM jobs WHERE name IN (SELECT value FROM json_each(:names))
UNION SELECT name FROM archived_names WHERE name IN (SELECT value FROM json_each(:names))
ORDER BY name;

-- name: archived_among
SELECT name FROM archived_names WHERE name IN (SELECT value FROM json_each(:names));

-- name: archived
-- Each job came once from nowhere.
SELECT coalesce(sum(n), 0) AS n FROM archived_entries WHERE from_status IS NULL;

-- name: all_archived
SELECT name FROM archived_names ORDER BY name;

-- name: archived_tally
SELECT event, from_status, to_status, attempt, n FROM archived_entries;

-- name: given
SELECT coalesce((SELECT max(id) FROM transitions), 0) - skipped
       - coalesce((SELECT sum(n) FROM archived_entries), 0) AS n, archive_of
FROM database;

-- name: prunable
-- The job of the newest entry stays, so that no id is given again.
SELECT id, name, last_entry FROM jobs
WHERE id > :after AND (status = 'processed' OR status = 'cleaned') AND since < :before
  AND last_entry <> (SELECT max(id) FROM transitions)
ORDER BY id LIMIT :limit;

-- name: whole
WITH RECURSIVE
  seen (id, last_entry) AS (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:seen)),
  walk (job_id, entry) AS (
    SELECT id, last_entry FROM jobs JOIN seen USING (id, last_entry)
    UNION ALL
    SELECT t.job_id, t.previous FROM walk JOIN transitions AS t
    ON t.id = walk.entry AND t.job_id = walk.job_id WHERE t.previous < t.id)
SELECT j.id FROM walk JOIN jobs AS j ON j.id = walk.job_id
JOIN transitions AS t ON t.id = walk.entry AND t.job_id = j.id
GROUP BY j.id HAVING count(*) = j.entries;

-- name: archive_clock
INSERT OR REPLACE INTO archive.clock SELECT * FROM main.clock;

-- name: archive_jobs
INSERT OR REPLACE INTO archive.jobs
SELECT * FROM main.jobs WHERE id IN (SELECT value FROM json_each(:ids));

-- name: archive_transitions
WITH RECURSIVE walk (id) AS (
  SELECT last_entry FROM main.jobs WHERE id IN (SELECT value FROM json_each(:ids))
  UNION ALL
  SELECT t.previous FROM walk JOIN main.transitions AS t USING (id) WHERE t.previous < t.id)
INSERT OR REPLACE INTO archive.transitions
SELECT t.* FROM walk JOIN main.transitions AS t USING (id);

-- name: archive_names
INSERT INTO archived_names SELECT name FROM jobs WHERE id IN (SELECT value FROM json_each(:ids));

-- name: archive_entries
WITH RECURSIVE walk (id) AS (
  SELECT last_entry FROM jobs WHERE id IN (SELECT value FROM json_each(:ids))
  UNION ALL
  SELECT t.previous FROM walk JOIN transitions AS t USING (id) WHERE t.previous < t.id)
INSERT INTO archived_entries
SELECT t.event, t.from_status, t.to_status, t.attempt, count(*)
FROM walk JOIN transitions AS t USING (id) WHERE TRUE GROUP BY 1, 2, 3, 4
ON CONFLICT (event, coalesce(from_status, ''), coalesce(to_status, ''), attempt)
DO UPDATE SET n = n + excluded.n;

-- name: delete_entries
DELETE FROM transitions WHERE id IN (
  WITH RECURSIVE walk (id) AS (
    SELECT last_entry FROM jobs WHERE id IN (SELECT value FROM json_each(:ids))
    UNION ALL
    SELECT t.previous FROM walk JOIN transitions AS t USING (id) WHERE t.previous < t.id)
  SELECT id FROM walk);

-- name: delete_jobs
DELETE FROM jobs WHERE id IN (SELECT value FROM json_each(:ids)) RETURNING id;

-- name: transitions
SELECT * FROM transitions WHERE id > :after ORDER BY id LIMIT :limit;

-- name: transition
SELECT * FROM transitions WHERE id = :id;

-- name: newest
SELECT id FROM transitions ORDER BY id DESC LIMIT 1 OFFSET :back;

-- name: position
SELECT id FROM transitions WHERE at < :at ORDER BY id DESC LIMIT 1;

-- name: tally
SELECT event, from_status, to_status, attempt, count(*) AS n FROM transitions
WHERE id > :after AND id <= :until
  AND NOT (event = 'submit' OR attempt = 1 AND (event = 'claim' OR event = 'complete'))
GROUP BY event, from_status, to_status, attempt;

-- name: tally_first
-- The bulk of a long history, and what `tally` leaves out: grouping sorts, this does not.
SELECT count(*) FILTER (WHERE event = 'submit') AS submit,
       count(*) FILTER (WHERE attempt = 1 AND event = 'claim') AS claim,
       count(*) FILTER (WHERE attempt = 1 AND event = 'complete') AS complete
FROM transitions WHERE id > :after AND id <= :until;

-- name: by_job
SELECT * FROM transitions ORDER BY job_id, number, id;

-- name: history
-- From the newest entry back, each names the one before it.
WITH RECURSIVE walk (id) AS (
  SELECT last_entry FROM jobs WHERE name = :name
  UNION ALL
  SELECT t.previous FROM walk JOIN transitions AS t USING (id) WHERE t.previous < t.id)
SELECT t.* FROM walk JOIN transitions AS t USING (id) ORDER BY t.number, t.id;

-- name: history_by_scan
SELECT t.* FROM transitions AS t JOIN jobs AS j ON j.id = t.job_id
WHERE j.name = :name ORDER BY t.number, t.id;

-- name: clock
SELECT speed, base_real, base_queue, base_boot, boot_id,
       coalesce((SELECT iif(at < 1e11, at, NULL)
                 FROM transitions ORDER BY id DESC LIMIT 1), 0.0) AS floor
FROM clock;

-- name: set_clock
INSERT INTO clock (one, speed, base_real, base_queue, base_boot, boot_id)
VALUES (1, :speed, :base_real, :base_queue, :base_boot, :boot_id)
ON CONFLICT (one) DO UPDATE SET
  speed = excluded.speed, base_real = excluded.base_real, base_queue = excluded.base_queue,
  base_boot = excluded.base_boot, boot_id = excluded.boot_id;

-- name: settings
SELECT key, value FROM settings ORDER BY key;

-- name: set
INSERT INTO settings (key, value) VALUES (:key, :value)
ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: unset
DELETE FROM settings WHERE key = :key;

-- name: processes
SELECT * FROM processes ORDER BY name;

-- name: process
SELECT * FROM processes WHERE name = :name;

-- name: register
INSERT INTO processes (name, role, pid, started, host, incarnation, owned, registered)
VALUES (:name, :role, :pid, :started, :host, 1, :owned, :real)
ON CONFLICT (name) DO UPDATE SET
  role = excluded.role, pid = excluded.pid, started = excluded.started, host = excluded.host,
  incarnation = incarnation % 1000000000 + 1,
  owned = excluded.owned, registered = excluded.registered,
  ready = NULL, stop_requested = NULL, ended = NULL, outcome = NULL,
  cycle_began = NULL, cycle_ended = NULL
RETURNING incarnation;

-- name: ready
UPDATE processes SET ready = :real WHERE name = :name AND incarnation = :incarnation;

-- name: request_stop
UPDATE processes SET stop_requested = :real WHERE name = :name AND incarnation = :incarnation;

-- name: ended
UPDATE processes SET ended = :real, outcome = :outcome
WHERE name = :name AND incarnation = :incarnation AND ended IS NULL;

-- name: cycle
UPDATE processes SET cycle_began = :began, cycle_ended = :ended WHERE name = :name;

-- name: forget
DELETE FROM processes WHERE name = :name AND incarnation = :incarnation;

-- name: record_event
INSERT INTO process_events (at, process, event, detail) VALUES (:now, :process, :event, :detail);

-- name: process_events
SELECT * FROM process_events WHERE id > :after ORDER BY id;

-- name: identity
SELECT identity FROM database;
