-- Observe mode: another service owns `referrals`, `auth` and, where it is there at all, `credits` (SPEC 1).

-- When each kind of scan last began, of those that came to their end: by the engine's clock, or the server's where that was earlier.
CREATE TABLE umpire.scans (
  kind text PRIMARY KEY CHECK (kind IN ('changes', 'full')),
  started_at timestamptz NOT NULL
);

-- What signals read of the owner's rows without a copy of it here: another digest means that something changed, whatever
-- the row's own times say. Of a user: e-mail and age of the account, keyed.
CREATE TABLE umpire.observed (
  kind text NOT NULL CHECK (kind IN ('user', 'code')),
  id text NOT NULL,
  digest text NOT NULL,
  PRIMARY KEY (kind, id)
);

-- Earlier releases recorded what a user had and not what of it the ledger does not explain. `migrate` records them anew.
DELETE FROM umpire.opening_balances WHERE EXISTS (SELECT 1 FROM umpire.workspace WHERE mode = 'observe');

-- Whether another service writes the programme.
CREATE FUNCTION umpire.observes() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM umpire.workspace WHERE mode = 'observe')
$$;

-- Whether there are credits to move. In a database that is owned by another service they may be kept elsewhere.
CREATE FUNCTION umpire.has_ledger() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT to_regclass('credits.balances') IS NOT NULL AND to_regclass('credits.transactions') IS NOT NULL
$$;

-- The id of the ledger row with this key; NULL where there is no ledger, so that a bonus paid there points at nothing.
CREATE OR REPLACE FUNCTION umpire.transaction_id(idempotency_key text) RETURNS uuid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN umpire.has_ledger() THEN md5('transaction:' || idempotency_key)::uuid END
$$;

-- Records what these users (NULL: all) had when they were first seen and the ledger does not explain. Zero is recorded too:
-- what appears later without a movement is then no opening any more, and `verify` finds it. Returns how many.
CREATE FUNCTION umpire.record_openings(users text[]) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  recorded integer;
BEGIN
  IF NOT umpire.has_ledger() THEN RETURN 0; END IF;
  -- One statement, and so one state of balances and ledger.
  INSERT INTO umpire.opening_balances (user_id, credits)
  SELECT b.user_id, b.balance + b.free_credits_remaining - coalesce(t.amount, 0)
  FROM credits.balances AS b
  LEFT JOIN (
    SELECT t.user_id, sum(t.amount) AS amount FROM credits.transactions AS t
    WHERE t.status = 'completed' AND (users IS NULL OR t.user_id = ANY (users)) GROUP BY t.user_id
  ) AS t ON t.user_id = b.user_id
  WHERE (users IS NULL OR b.user_id = ANY (users))
    AND NOT EXISTS (SELECT 1 FROM umpire.opening_balances AS o WHERE o.user_id = b.user_id)
  ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS recorded = ROW_COUNT;
  RETURN recorded;
END $$;

---------------------------------------------------------------------------------------------------------------------
-- Movements of credits. Databases that 0001 prepared before it did without the enum get there here.
ALTER TYPE umpire.credit_move ALTER ATTRIBUTE type TYPE text;
DROP FUNCTION IF EXISTS umpire.move_bonuses(uuid[], public.transaction_type, integer, text, timestamptz);

-- Writes the ledger rows of these movements and moves the balances; a key that is there already moves nothing.
-- Usage is taken from the free credits first. Everything else goes to `balance`, which may become negative.
-- Without a ledger nothing moves.
CREATE OR REPLACE FUNCTION umpire.move_credits(moves umpire.credit_move[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  fresh umpire.credit_move[];
BEGIN
  IF NOT umpire.has_ledger() THEN RETURN; END IF;
  INSERT INTO credits.balances (user_id)
  SELECT DISTINCT m.user_id FROM unnest(moves) AS m ORDER BY m.user_id
  ON CONFLICT DO NOTHING;
  PERFORM 1 FROM credits.balances AS b
  WHERE b.user_id IN (SELECT m.user_id FROM unnest(moves) AS m) ORDER BY b.user_id FOR UPDATE;
  IF umpire.observes() THEN
    PERFORM umpire.record_openings((SELECT array_agg(DISTINCT m.user_id) FROM unnest(moves) AS m));
  END IF;

  SELECT array_agg(m) INTO fresh FROM (
    SELECT DISTINCT ON (m.idempotency_key) m.* FROM unnest(moves) AS m
    WHERE NOT EXISTS (SELECT 1 FROM credits.transactions AS t WHERE t.idempotency_key = m.idempotency_key)
    ORDER BY m.idempotency_key
  ) AS m;

  INSERT INTO credits.transactions
    (id, user_id, type, status, amount, balance_before, balance_after, app_id, description, metadata, idempotency_key, created_at, completed_at)
  SELECT umpire.transaction_id(m.idempotency_key), m.user_id, m.type::public.transaction_type, 'completed', m.amount,
    b.balance + b.free_credits_remaining + sum(m.amount) OVER running - m.amount,
    b.balance + b.free_credits_remaining + sum(m.amount) OVER running,
    m.app_id, m.description, m.metadata, m.idempotency_key, m.at, m.at
  FROM unnest(fresh) AS m JOIN credits.balances AS b ON b.user_id = m.user_id
  WINDOW running AS (PARTITION BY m.user_id ORDER BY m.at, m.idempotency_key ROWS UNBOUNDED PRECEDING);

  UPDATE credits.balances AS b SET
    free_credits_remaining = b.free_credits_remaining - least(s.used, b.free_credits_remaining),
    balance = b.balance + s.gained - s.used + least(s.used, b.free_credits_remaining),
    total_earned = b.total_earned + s.gained,
    total_spent = b.total_spent + s.used,
    version = b.version + 1,
    updated_at = s.at
  FROM (
    SELECT m.user_id, max(m.at) AS at,
      coalesce(sum(-m.amount) FILTER (WHERE m.type = 'usage'), 0) AS used,
      coalesce(sum(m.amount) FILTER (WHERE m.type <> 'usage'), 0) AS gained
    FROM unnest(fresh) AS m GROUP BY m.user_id
  ) AS s
  WHERE b.user_id = s.user_id;
END $$;

-- What the user was paid for referrals now; a reversal takes back (SPEC 1, total_earned). Where another service owns the
-- tiers, only rows that it made follow: one made here would stand in the way of its own.
CREATE OR REPLACE FUNCTION umpire.add_earned(bonus_ids uuid[], sign integer, clock timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF umpire.observes() THEN
    PERFORM 1 FROM referrals.user_tiers AS t
    WHERE t.user_id IN (SELECT b.user_id FROM referrals.bonus_events AS b WHERE b.id = ANY (bonus_ids)) ORDER BY t.user_id FOR UPDATE;
    UPDATE referrals.user_tiers AS t SET total_earned = t.total_earned + e.credits, updated_at = clock
    FROM (
      SELECT b.user_id, sign * sum(b.credits_final) AS credits FROM referrals.bonus_events AS b
      WHERE b.id = ANY (bonus_ids) GROUP BY b.user_id
    ) AS e
    WHERE t.user_id = e.user_id;
    RETURN;
  END IF;
  INSERT INTO referrals.user_tiers AS t (user_id, total_earned, created_at, updated_at)
  SELECT b.user_id, sign * sum(b.credits_final), clock, clock FROM referrals.bonus_events AS b
  WHERE b.id = ANY (bonus_ids) GROUP BY b.user_id ORDER BY b.user_id
  ON CONFLICT (user_id) DO UPDATE SET total_earned = t.total_earned + excluded.total_earned, updated_at = excluded.updated_at;
END $$;

CREATE OR REPLACE FUNCTION umpire.mark_cross_app(bonus_ids uuid[], is_paid boolean) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  UPDATE referrals.cross_app_activations AS c SET bonus_paid = is_paid
  FROM referrals.bonus_events AS b
  WHERE b.id = ANY (bonus_ids) AND b.event_type = 'cross_app' AND c.relationship_id = b.relationship_id AND c.app_id = b.app_id
    AND c.bonus_paid <> is_paid
$$;
