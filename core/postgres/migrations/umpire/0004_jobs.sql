-- Jobs, statistics of changed days, and what stays when fingerprints are purged or a user is erased.

-- One row a run of a job. `running` whose job nobody holds the lock of was killed: the next run calls it `died`.
CREATE TABLE umpire.job_runs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job text NOT NULL,
  machine text NOT NULL,
  -- Server's clock.
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz,
  -- Engine's clock.
  clock timestamptz NOT NULL,
  outcome text NOT NULL DEFAULT 'running' CHECK (outcome IN ('running', 'done', 'failed', 'died')),
  figures jsonb,
  error text
);
CREATE INDEX job_runs_job_idx ON umpire.job_runs (job, id);
CREATE INDEX job_runs_started_idx ON umpire.job_runs (started_at);

-- UTC days whose statistics may have changed, written by whoever changes what they count, in the same transaction; the
-- statistics job takes them. A day that is not written here keeps figures that are wrong.
CREATE TABLE umpire.stale_days (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  day date NOT NULL
);
INSERT INTO umpire.stale_days (day)
SELECT DISTINCT (x.at AT TIME ZONE 'UTC')::date FROM (
  SELECT m.at FROM umpire.money_log AS m
  UNION ALL
  SELECT s.at FROM referrals.relationships AS r
  CROSS JOIN LATERAL (VALUES (r.registered_at), (r.activated_at), (r.qualified_at), (r.retained_at)) AS s (at) WHERE s.at IS NOT NULL
) AS x WHERE EXISTS (SELECT 1 FROM umpire.workspace WHERE mode = 'programme');

-- A trigger, so that no statement that writes the log can forget it. In observe mode the figures are the other service's.
CREATE FUNCTION umpire.mark_money_days() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO umpire.stale_days (day)
  SELECT DISTINCT (m.at AT TIME ZONE 'UTC')::date FROM written AS m
  WHERE EXISTS (SELECT 1 FROM umpire.workspace AS w WHERE w.mode = 'programme');
  RETURN NULL;
END $$;
CREATE TRIGGER money_log_days AFTER INSERT ON umpire.money_log REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION umpire.mark_money_days();

-- When the clock alone brings the next stage: early usage that counts later, retention. Null where it brings none.
ALTER TABLE umpire.referrals ADD COLUMN due_at timestamptz;
UPDATE umpire.referrals SET due_at = '-infinity' WHERE EXISTS (SELECT 1 FROM umpire.workspace WHERE mode = 'programme');
CREATE INDEX referrals_due_idx ON umpire.referrals (due_at) WHERE due_at IS NOT NULL;

-- Identity signals that fired and are not derived any more, because what they were derived from was purged or erased
-- (SPEC 1). Their points follow rules and patterns as if they had been.
CREATE TABLE umpire.kept_evidence (
  relationship_id uuid NOT NULL,
  signal text COLLATE "C" NOT NULL,
  evidence jsonb NOT NULL,
  PRIMARY KEY (relationship_id, signal)
);

-- Null, and no networks, once the fingerprint was purged or the user erased.
ALTER TABLE umpire.registrations ALTER COLUMN ip_hash DROP NOT NULL, ALTER COLUMN fingerprint_id DROP NOT NULL;
-- Of refused registrations too: a purge has to find them.
DROP INDEX umpire.registrations_fingerprint_idx;
CREATE INDEX registrations_fingerprint_idx ON umpire.registrations (fingerprint_id);

ALTER TABLE umpire.users ADD COLUMN erased_at timestamptz;

-- Lifetime qualified referrals that are not rejected, and the tier they make. The rows are locked before anything is
-- counted: who counted first and wrote last would put back a tier that a decision had just changed.
-- Who has neither qualified nor earned anything has no row, so that a referral that went leaves none behind.
CREATE OR REPLACE FUNCTION umpire.recount_tiers(referrers text[], clock timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO referrals.user_tiers (user_id, created_at, updated_at)
  SELECT u.user_id, clock, clock FROM (SELECT DISTINCT user_id FROM unnest(referrers) AS x (user_id)) AS u
  WHERE EXISTS (
    SELECT 1 FROM umpire.referrals AS r WHERE r.referrer_id = u.user_id AND r.qualified_at IS NOT NULL AND NOT r.is_rejected
  )
  ORDER BY u.user_id ON CONFLICT DO NOTHING;
  PERFORM 1 FROM referrals.user_tiers AS t WHERE t.user_id = ANY (referrers) ORDER BY t.user_id FOR UPDATE;
  UPDATE referrals.user_tiers AS t SET tier = umpire.tier_of(q.qualified), qualified_count = q.qualified, updated_at = clock
  FROM (
    SELECT k.user_id, n.qualified FROM referrals.user_tiers AS k
    CROSS JOIN LATERAL (
      SELECT count(*)::int AS qualified FROM umpire.referrals AS r
      WHERE r.referrer_id = k.user_id AND r.qualified_at IS NOT NULL AND NOT r.is_rejected
    ) AS n
    WHERE k.user_id = ANY (referrers)
  ) AS q
  WHERE t.user_id = q.user_id AND (t.tier, t.qualified_count) IS DISTINCT FROM (umpire.tier_of(q.qualified), q.qualified);
  DELETE FROM referrals.user_tiers AS t WHERE t.user_id = ANY (referrers) AND t.qualified_count = 0 AND t.total_earned = 0;
END $$;
