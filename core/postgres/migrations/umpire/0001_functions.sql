-- Transitions of money and of review items. Lock order, everywhere: umpire.dirty, umpire.referrals by id, bonus_events by id,
-- credits.balances by user id, user_tiers. Whoever takes them in another order can deadlock with the engine. What a bonus
-- is worth is read only after its row is locked: its tier may just be changing.

-- The id of the fingerprint of an address and a device; NULL is a value in the pair.
CREATE FUNCTION umpire.fingerprint_id(ip_hash text, device_hash text) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT md5('fingerprint:' || ip_hash || ':' || coalesce(device_hash, ''))::uuid
$$;

-- Whether a referral through this code was scored: then its owner is no longer contested.
CREATE FUNCTION umpire.code_stands(code_id uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM umpire.registrations AS g WHERE g.code_id = code_stands.code_id AND g.outcome = 'accepted' AND g.is_settled)
$$;

-- Has these referrals scored again. In order of id, so that two callers cannot wait for each other.
CREATE FUNCTION umpire.mark_dirty(relationship_ids uuid[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO umpire.dirty (relationship_id)
  SELECT id FROM (SELECT DISTINCT id FROM unnest(relationship_ids) AS x (id)) AS ids ORDER BY id
  ON CONFLICT (relationship_id) DO UPDATE
  SET generation = nextval('umpire.dirty_generation'), attempts = 0, retry_at = NULL, error = NULL
$$;

-- The referrals that the keys of a pattern match; a regular expression may match any.
CREATE FUNCTION umpire.pattern_matches(pattern uuid) RETURNS TABLE (relationship_id uuid)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.relationship_id FROM umpire.pattern_keys AS k JOIN umpire.referrals AS r ON r.ip_hash = k.key
  WHERE k.pattern_id = pattern AND k.kind = 'address'
  UNION
  SELECT r.relationship_id FROM umpire.pattern_keys AS k JOIN umpire.referrals AS r ON r.network_hashes @> ARRAY[k.key]
  WHERE k.pattern_id = pattern AND k.kind = 'network'
  UNION
  SELECT r.relationship_id FROM umpire.pattern_keys AS k JOIN umpire.referrals AS r ON r.device_hash = k.key
  WHERE k.pattern_id = pattern AND k.kind = 'device'
  UNION
  SELECT r.relationship_id FROM umpire.pattern_keys AS k
  JOIN umpire.users AS u ON u.email_domain = k.key OR u.email_domain LIKE '%.' || k.key
  JOIN umpire.referrals AS r ON r.referee_id = u.user_id
  WHERE k.pattern_id = pattern AND k.kind = 'domain'
  UNION
  SELECT r.relationship_id FROM umpire.referrals AS r WHERE r.pattern_hits @> ARRAY[pattern]
  UNION
  SELECT r.relationship_id FROM umpire.referrals AS r
  WHERE EXISTS (SELECT 1 FROM umpire.pattern_keys AS k WHERE k.pattern_id = pattern AND k.kind = 'email_regex')
$$;

-- The tier of a number of qualified referrals, and its multiplier (seed: TIER_CONFIG).
CREATE FUNCTION umpire.tier_of(qualified integer) RETURNS public.referral_tier
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN qualified >= 30 THEN 'platinum' WHEN qualified >= 15 THEN 'gold' WHEN qualified >= 5 THEN 'silver' ELSE 'bronze' END::public.referral_tier
$$;
CREATE FUNCTION umpire.multiplier_of(tier public.referral_tier) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE tier::text WHEN 'platinum' THEN 3.0 WHEN 'gold' THEN 2.0 WHEN 'silver' THEN 1.5 ELSE 1.0 END
$$;

-- One movement of credits. The key makes it happen once. Its type is a label of public.transaction_type, as text: a database
-- that another service owns may have no ledger and no such enum.
CREATE TYPE umpire.credit_move AS (
  idempotency_key text,
  user_id text,
  type text,
  amount integer,
  app_id text,
  description text,
  metadata jsonb,
  at timestamptz
);

CREATE FUNCTION umpire.transaction_id(idempotency_key text) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT md5('transaction:' || idempotency_key)::uuid
$$;

-- Writes the ledger rows of these movements and moves the balances; a key that is there already moves nothing.
-- Usage is taken from the free credits first. Everything else goes to `balance`, which may become negative.
CREATE FUNCTION umpire.move_credits(moves umpire.credit_move[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  fresh umpire.credit_move[];
BEGIN
  INSERT INTO credits.balances (user_id)
  SELECT DISTINCT m.user_id FROM unnest(moves) AS m ORDER BY m.user_id
  ON CONFLICT DO NOTHING;
  PERFORM 1 FROM credits.balances AS b
  WHERE b.user_id IN (SELECT m.user_id FROM unnest(moves) AS m) ORDER BY b.user_id FOR UPDATE;

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

-- What the user was paid for referrals now; a reversal takes back (SPEC 1, total_earned).
CREATE FUNCTION umpire.add_earned(bonus_ids uuid[], sign integer, clock timestamptz) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO referrals.user_tiers AS t (user_id, total_earned, created_at, updated_at)
  SELECT b.user_id, sign * sum(b.credits_final), clock, clock FROM referrals.bonus_events AS b
  WHERE b.id = ANY (bonus_ids) GROUP BY b.user_id ORDER BY b.user_id
  ON CONFLICT (user_id) DO UPDATE SET total_earned = t.total_earned + excluded.total_earned, updated_at = excluded.updated_at
$$;

-- Moves the credits of these bonuses, once more for each: `bonus:<id>:<n>` with the next n.
CREATE FUNCTION umpire.move_bonuses(bonus_ids uuid[], kind text, sign integer, what text, clock timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  moves umpire.credit_move[];
BEGIN
  PERFORM 1 FROM referrals.bonus_events AS b WHERE b.id = ANY (bonus_ids) ORDER BY b.id FOR UPDATE;
  UPDATE umpire.bonuses SET movements = movements + 1 WHERE bonus_id = ANY (bonus_ids);
  SELECT array_agg(ROW('bonus:' || b.id || ':' || f.movements, b.user_id, kind, sign * b.credits_final,
      coalesce(b.app_id, r.source_app_id, 'referrals'), what || ' (' || b.event_type || ')',
      jsonb_build_object('relationshipId', b.relationship_id, 'bonusId', b.id), clock)::umpire.credit_move)
  INTO moves
  FROM referrals.bonus_events AS b
  JOIN umpire.bonuses AS f ON f.bonus_id = b.id
  JOIN referrals.relationships AS r ON r.id = b.relationship_id
  WHERE b.id = ANY (bonus_ids);
  PERFORM umpire.move_credits(moves);
  PERFORM umpire.add_earned(bonus_ids, sign, clock);
END $$;

CREATE FUNCTION umpire.log_money(bonus_ids uuid[], what text, clock timestamptz) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO umpire.money_log (at, relationship_id, bonus_id, transition, credits, app_id)
  SELECT clock, b.relationship_id, b.id, what, b.credits_final, r.source_app_id
  FROM referrals.bonus_events AS b JOIN referrals.relationships AS r ON r.id = b.relationship_id
  WHERE b.id = ANY (bonus_ids) ORDER BY b.id
$$;

CREATE FUNCTION umpire.mark_cross_app(bonus_ids uuid[], is_paid boolean) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  UPDATE referrals.cross_app_activations AS c SET bonus_paid = is_paid
  FROM referrals.bonus_events AS b
  WHERE b.id = ANY (bonus_ids) AND b.event_type = 'cross_app' AND c.relationship_id = b.relationship_id AND c.app_id = b.app_id
$$;

CREATE FUNCTION umpire.pay_bonuses(bonus_ids uuid[], clock timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF coalesce(cardinality(bonus_ids), 0) = 0 THEN RETURN; END IF;
  PERFORM umpire.move_bonuses(bonus_ids, 'bonus', 1, 'Referral bonus', clock);
  UPDATE referrals.bonus_events AS b SET status = 'paid', hold_reason = NULL, hold_until = NULL, released_at = clock,
    transaction_id = umpire.transaction_id('bonus:' || b.id || ':' || f.movements)
  FROM umpire.bonuses AS f WHERE f.bonus_id = b.id AND b.id = ANY (bonus_ids);
  PERFORM umpire.mark_cross_app(bonus_ids, true);
  PERFORM umpire.log_money(bonus_ids, 'paid', clock);
END $$;

CREATE FUNCTION umpire.hold_bonuses(bonus_ids uuid[], reason text, until timestamptz, clock timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF coalesce(cardinality(bonus_ids), 0) = 0 THEN RETURN; END IF;
  -- A hold that changes its reason is still the same hold.
  PERFORM umpire.log_money((SELECT array_agg(id) FROM referrals.bonus_events WHERE id = ANY (bonus_ids) AND status = 'pending'), 'held', clock);
  UPDATE referrals.bonus_events SET status = 'held', hold_reason = reason, hold_until = until WHERE id = ANY (bonus_ids);
END $$;

CREATE FUNCTION umpire.reject_bonuses(bonus_ids uuid[], clock timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF coalesce(cardinality(bonus_ids), 0) = 0 THEN RETURN; END IF;
  UPDATE referrals.bonus_events SET status = 'rejected', hold_reason = NULL, hold_until = NULL WHERE id = ANY (bonus_ids);
  PERFORM umpire.log_money(bonus_ids, 'rejected', clock);
END $$;

-- Takes paid bonuses back in full.
CREATE FUNCTION umpire.reverse_bonuses(bonus_ids uuid[], clock timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF coalesce(cardinality(bonus_ids), 0) = 0 THEN RETURN; END IF;
  PERFORM umpire.move_bonuses(bonus_ids, 'adjustment', -1, 'Referral bonus taken back', clock);
  UPDATE referrals.bonus_events AS b SET status = 'rejected', hold_reason = NULL, hold_until = NULL,
    transaction_id = umpire.transaction_id('bonus:' || b.id || ':' || f.movements)
  FROM umpire.bonuses AS f WHERE f.bonus_id = b.id AND b.id = ANY (bonus_ids);
  PERFORM umpire.mark_cross_app(bonus_ids, false);
  PERFORM umpire.log_money(bonus_ids, 'reversed', clock);
END $$;

-- Lifetime qualified referrals that are not rejected, and the tier they make.
-- Who has neither qualified nor earned anything has no row, so that a referral that went leaves none behind.
CREATE FUNCTION umpire.recount_tiers(referrers text[], clock timestamptz) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO referrals.user_tiers AS t (user_id, tier, qualified_count, created_at, updated_at)
  SELECT u.user_id, umpire.tier_of(q.qualified), q.qualified, clock, clock
  FROM (SELECT DISTINCT user_id FROM unnest(referrers) AS x (user_id)) AS u
  CROSS JOIN LATERAL (
    SELECT count(*)::int AS qualified FROM umpire.referrals AS r
    WHERE r.referrer_id = u.user_id AND r.qualified_at IS NOT NULL AND NOT r.is_rejected
  ) AS q
  WHERE q.qualified > 0 OR EXISTS (SELECT 1 FROM referrals.user_tiers AS k WHERE k.user_id = u.user_id)
  ORDER BY u.user_id
  ON CONFLICT (user_id) DO UPDATE SET tier = excluded.tier, qualified_count = excluded.qualified_count, updated_at = excluded.updated_at
  WHERE (t.tier, t.qualified_count) IS DISTINCT FROM (excluded.tier, excluded.qualified_count);
  DELETE FROM referrals.user_tiers AS t WHERE t.user_id = ANY (referrers) AND t.qualified_count = 0 AND t.total_earned = 0
$$;

-- Tier, multiplier and credits of a referrer's unpaid bonuses from `since` on (SPEC 2): the number of referrals qualified
-- before the bonus's (at, id), itself and rejected ones excluded. Paid ones are never recomputed.
CREATE FUNCTION umpire.retier_bonuses(referrers text[], since timestamptz[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  unpaid uuid[];
BEGIN
  -- Waits for whoever is paying one; what was paid meanwhile drops out here.
  SELECT array_agg(l.id) INTO unpaid FROM (
    SELECT b.id
    FROM (SELECT x.user_id, min(x.at) AS at FROM unnest(referrers, since) AS x (user_id, at) GROUP BY x.user_id) AS u
    JOIN referrals.bonus_events AS b ON b.user_id = u.user_id AND b.status IN ('pending', 'held')
    JOIN umpire.bonuses AS f ON f.bonus_id = b.id AND f.at >= u.at
    ORDER BY b.id FOR UPDATE OF b
  ) AS l;
  UPDATE referrals.bonus_events AS b SET
    tier_at_time = n.tier,
    tier_multiplier = umpire.multiplier_of(n.tier)::real,
    credits_final = floor(b.credits_base * umpire.multiplier_of(n.tier) + 0.5)::int
  FROM (
    SELECT b.id, umpire.tier_of(q.qualified) AS tier
    FROM referrals.bonus_events AS b
    JOIN umpire.bonuses AS f ON f.bonus_id = b.id
    JOIN umpire.referrals AS r ON r.relationship_id = b.relationship_id AND r.referrer_id = b.user_id
    CROSS JOIN LATERAL (
      SELECT count(*)::int AS qualified FROM (
        SELECT 1 FROM umpire.referrals AS o
        WHERE o.referrer_id = b.user_id AND o.qualified_at IS NOT NULL AND NOT o.is_rejected
          AND (o.qualified_at, o.qualified_event) < (f.at, f.event_id) AND o.relationship_id <> b.relationship_id
        LIMIT 30
      ) AS enough
    ) AS q
    WHERE b.id = ANY (unpaid) AND b.tier_at_time <> umpire.tier_of(q.qualified)
  ) AS n
  WHERE b.id = n.id;
END $$;

-- Pays the holds of the medium band that have ended, of at most so many referrals (SPEC 3). One that waits to be scored
-- is left: its band may be about to rise. Referrals that somebody else works on are left to the next call.
CREATE FUNCTION umpire.release_holds(clock timestamptz, most integer) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  referrals uuid[];
  ended uuid[];
BEGIN
  SELECT array_agg(l.relationship_id) INTO referrals FROM (
    SELECT r.relationship_id FROM umpire.referrals AS r
    JOIN umpire.scores AS s ON s.relationship_id = r.relationship_id
    WHERE s.held_band <= 'medium' AND NOT r.is_rejected
      AND EXISTS (SELECT 1 FROM referrals.bonus_events AS b WHERE b.relationship_id = r.relationship_id
        AND b.status = 'held' AND b.hold_reason = 'fraud_medium' AND b.hold_until <= clock)
      AND NOT EXISTS (SELECT 1 FROM umpire.dirty AS d WHERE d.relationship_id = r.relationship_id)
    ORDER BY r.relationship_id LIMIT most FOR UPDATE OF r SKIP LOCKED
  ) AS l;
  -- Read again: another machine may have paid them before the lock was taken.
  SELECT array_agg(b.id ORDER BY b.id) INTO ended FROM referrals.bonus_events AS b
  WHERE b.relationship_id = ANY (referrals) AND b.status = 'held' AND b.hold_reason = 'fraud_medium' AND b.hold_until <= clock;
  PERFORM umpire.pay_bonuses(ended, clock);
  RETURN coalesce(cardinality(ended), 0);
END $$;

---------------------------------------------------------------------------------------------------------------------
-- Decisions

CREATE TYPE umpire.decision_call AS (
  decision_id uuid,
  item_id uuid,
  expected_version integer,
  decision text,
  reason text,
  note text,
  position integer
);

-- Decides review items: one call takes one or thousands, and answers each with its own outcome, in the order given.
-- `calls` is an array of {decisionId, itemId, expectedVersion?, decision, reason, note?}. A decision id seen before
-- gets its first outcome again and has no second effect; with other content it is `not_allowed`.
CREATE FUNCTION umpire.decide(calls jsonb, actor text, on_behalf_of text, clock timestamptz) RETURNS SETOF jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  asked umpire.decision_call[];
  -- Per call: what is to become of it.
  judged jsonb;
  approved uuid[];
  rejected uuid[];
  fraud_holds uuid[];
  refused uuid[];
  taken_back uuid[];
BEGIN
  SELECT array_agg(ROW((c ->> 'decisionId')::uuid, (c ->> 'itemId')::uuid, (c ->> 'expectedVersion')::int,
      c ->> 'decision', c ->> 'reason', c ->> 'note', position::int)::umpire.decision_call ORDER BY position)
  INTO asked FROM jsonb_array_elements(calls) WITH ORDINALITY AS x (c, position);

  PERFORM 1 FROM umpire.referrals AS r
  WHERE r.relationship_id IN (SELECT i.relationship_id FROM unnest(asked) AS c JOIN umpire.items AS i ON i.item_id = c.item_id)
  ORDER BY r.relationship_id FOR UPDATE;
  PERFORM 1 FROM referrals.bonus_events AS b
  WHERE b.relationship_id IN (SELECT i.relationship_id FROM unnest(asked) AS c JOIN umpire.items AS i ON i.item_id = c.item_id)
  ORDER BY b.id FOR UPDATE;

  SELECT jsonb_agg(to_jsonb(j) ORDER BY j.position) INTO judged FROM (
    SELECT c.*, i.relationship_id, q.status::text AS status, i.version,
      CASE
        WHEN d.decision_id IS NOT NULL THEN
          CASE WHEN (d.item_id, d.decision, d.reason, coalesce(d.note, ''), d.actor) = (c.item_id, c.decision, c.reason, coalesce(c.note, ''), decide.actor)
            THEN 'repeated' ELSE 'key_reused' END
        WHEN row_number() OVER (PARTITION BY c.decision_id ORDER BY c.position) > 1 THEN 'repeated_here'
        WHEN i.item_id IS NULL THEN 'unknown'
        WHEN rc.code IS NULL THEN 'bad_reason'
        WHEN row_number() OVER (PARTITION BY c.item_id ORDER BY c.position) > 1 THEN
          CASE WHEN c.decision = first_value(c.decision) OVER (PARTITION BY c.item_id ORDER BY c.position) THEN 'agreed' ELSE 'conflict' END
        WHEN q.status::text = CASE c.decision WHEN 'approve' THEN 'approved' WHEN 'reject' THEN 'rejected' ELSE 'escalated' END THEN 'agreed'
        WHEN q.status IN ('approved', 'rejected') THEN 'conflict'
        -- The band rose after the version that was looked at: it needs a second look.
        WHEN c.expected_version IS NOT NULL AND c.expected_version < i.raised_version THEN 'returned'
        ELSE 'applied'
      END AS verdict
    FROM unnest(asked) AS c
    LEFT JOIN umpire.items AS i ON i.item_id = c.item_id
    LEFT JOIN referrals.review_queue AS q ON q.id = c.item_id
    LEFT JOIN umpire.decisions AS d ON d.decision_id = c.decision_id
    LEFT JOIN umpire.reason_codes AS rc ON rc.code = c.reason AND rc.decision = c.decision AND rc.is_active
  ) AS j;

  SELECT array_agg((j ->> 'relationship_id')::uuid) FILTER (WHERE j ->> 'decision' = 'approve'),
    array_agg((j ->> 'relationship_id')::uuid) FILTER (WHERE j ->> 'decision' = 'reject')
  INTO approved, rejected
  FROM jsonb_array_elements(judged) AS j WHERE j ->> 'verdict' = 'applied';

  SELECT array_agg(b.id) INTO fraud_holds FROM referrals.bonus_events AS b
  WHERE b.relationship_id = ANY (approved) AND b.status = 'held' AND b.hold_reason LIKE 'fraud\_%';
  SELECT array_agg(b.id) FILTER (WHERE b.status IN ('held', 'pending')),
    array_agg(b.id) FILTER (WHERE b.status = 'paid' AND b.released_at > clock - interval '7 days')
  INTO refused, taken_back
  FROM referrals.bonus_events AS b WHERE b.relationship_id = ANY (rejected);

  INSERT INTO umpire.decisions (decision_id, item_id, relationship_id, actor, on_behalf_of, decision, reason, note,
    band, score, rule_set_version, expected_version, outcome, decided_at)
  SELECT (j ->> 'decision_id')::uuid, (j ->> 'item_id')::uuid, s.relationship_id, decide.actor, decide.on_behalf_of, j ->> 'decision', j ->> 'reason', j ->> 'note',
    s.band, s.score, s.rule_set_version, (j ->> 'expected_version')::int,
    jsonb_build_object(
      'outcome', j ->> 'verdict',
      'message', CASE j ->> 'verdict'
        WHEN 'agreed' THEN 'This was decided the same way before.'
        WHEN 'conflict' THEN 'This was decided differently before: ' || (j ->> 'status') || '.'
        WHEN 'returned' THEN 'The band rose after this was looked at: look again.'
      END,
      'status', CASE WHEN j ->> 'verdict' = 'applied'
        THEN CASE j ->> 'decision' WHEN 'approve' THEN 'approved' WHEN 'reject' THEN 'rejected' ELSE 'escalated' END ELSE j ->> 'status' END,
      'version', (j ->> 'version')::int + CASE WHEN j ->> 'verdict' = 'applied' THEN 1 ELSE 0 END,
      'paid', CASE WHEN j ->> 'verdict' = 'applied' THEN coalesce(m.paid, 0) ELSE 0 END,
      'rejected', CASE WHEN j ->> 'verdict' = 'applied' THEN coalesce(m.rejected, 0) ELSE 0 END,
      'reversed', CASE WHEN j ->> 'verdict' = 'applied' THEN coalesce(m.reversed, 0) ELSE 0 END),
    clock
  FROM jsonb_array_elements(judged) AS j
  JOIN umpire.scores AS s ON s.relationship_id = (j ->> 'relationship_id')::uuid
  LEFT JOIN LATERAL (
    SELECT sum(b.credits_final) FILTER (WHERE b.id = ANY (fraud_holds)) AS paid,
      sum(b.credits_final) FILTER (WHERE b.id = ANY (refused)) AS rejected,
      sum(b.credits_final) FILTER (WHERE b.id = ANY (taken_back)) AS reversed
    FROM referrals.bonus_events AS b WHERE b.relationship_id = s.relationship_id
  ) AS m ON true
  WHERE j ->> 'verdict' IN ('applied', 'agreed', 'conflict', 'returned');

  UPDATE umpire.items AS i SET version = i.version + 1, tx = pg_current_xact_id()
  FROM jsonb_array_elements(judged) AS j WHERE j ->> 'verdict' = 'applied' AND i.item_id = (j ->> 'item_id')::uuid;
  UPDATE referrals.review_queue AS q SET
    status = (CASE j ->> 'decision' WHEN 'approve' THEN 'approved' WHEN 'reject' THEN 'rejected' ELSE 'escalated' END)::public.review_status,
    reviewed_at = CASE WHEN j ->> 'decision' = 'escalate' THEN q.reviewed_at ELSE clock END,
    assigned_to = coalesce(decide.on_behalf_of, decide.actor),
    notes = coalesce(j ->> 'note', q.notes)
  FROM jsonb_array_elements(judged) AS j WHERE j ->> 'verdict' = 'applied' AND q.id = (j ->> 'item_id')::uuid;

  UPDATE umpire.scores SET approved_band = band, held_band = band WHERE relationship_id = ANY (approved);
  UPDATE referrals.relationships SET is_flagged = false, updated_at = clock WHERE id = ANY (approved) AND is_flagged;

  UPDATE referrals.relationships SET is_flagged = true, updated_at = clock WHERE id = ANY (rejected) AND NOT is_flagged;
  UPDATE referrals.fingerprints AS f SET flagged_count = f.flagged_count + n.flagged
  FROM (
    SELECT fingerprint_id, count(*)::int AS flagged FROM umpire.referrals
    WHERE relationship_id = ANY (rejected) AND NOT is_rejected GROUP BY fingerprint_id ORDER BY fingerprint_id
  ) AS n
  WHERE f.id = n.fingerprint_id;
  UPDATE umpire.referrals SET is_rejected = true WHERE relationship_id = ANY (rejected);

  PERFORM umpire.retier_bonuses(array_agg(r.referrer_id), array_agg(r.qualified_at)) FROM umpire.referrals AS r
  WHERE r.relationship_id = ANY (rejected) AND r.qualified_at IS NOT NULL;
  PERFORM umpire.pay_bonuses(fraud_holds, clock);
  PERFORM umpire.reject_bonuses(refused, clock);
  PERFORM umpire.reverse_bonuses(taken_back, clock);
  PERFORM umpire.recount_tiers(array_agg(r.referrer_id), clock) FROM umpire.referrals AS r
  WHERE r.relationship_id = ANY (rejected) AND r.qualified_at IS NOT NULL;

  RETURN QUERY
  SELECT jsonb_build_object('decisionId', j ->> 'decision_id', 'itemId', j ->> 'item_id') || CASE
    WHEN j ->> 'verdict' = 'key_reused' THEN umpire.no_decision('not_allowed', 'This decision id was used before for something else.', j)
    WHEN j ->> 'verdict' = 'bad_reason' THEN umpire.no_decision('not_allowed', 'The reason ' || (j ->> 'reason') || ' is not one for this decision.', j)
    WHEN j ->> 'verdict' = 'unknown' THEN umpire.no_decision('unknown', 'There is no such item.', j)
    ELSE coalesce(d.outcome, umpire.no_decision('unknown', 'The referral has not been scored.', j))
  END
  FROM jsonb_array_elements(judged) AS j
  LEFT JOIN umpire.decisions AS d ON d.decision_id = (j ->> 'decision_id')::uuid
  ORDER BY (j ->> 'position')::int;
END $$;

CREATE FUNCTION umpire.no_decision(outcome text, message text, judged jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT jsonb_build_object('outcome', outcome, 'message', message, 'status', judged ->> 'status', 'version', (judged ->> 'version')::int,
    'paid', 0, 'rejected', 0, 'reversed', 0)
$$;
