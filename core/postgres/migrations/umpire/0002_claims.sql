-- The claim limit (SPEC 2): of a referrer's bonuses in event order, payable_i = max(t_i, payable_{i-100} + 24 h). Until then
-- a bonus that nothing else holds is held as `rate_limited`. Bonuses of one event follow each other by type, then app.

-- When each of these bonuses may be paid, and whether it waits until then: the referee's own never does. Unrolled, payable_i is
-- the largest t_{i-100k} + k × 24 h, hence a running maximum among every hundredth bonus.
CREATE FUNCTION umpire.payable_at(bonus_ids uuid[]) RETURNS TABLE (bonus_id uuid, at timestamptz, is_limited boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH wanted AS MATERIALIZED (
    SELECT b.id, f.at, CASE WHEN r.referrer_id = b.user_id THEN b.user_id END AS referrer_id
    FROM referrals.bonus_events AS b
    JOIN umpire.bonuses AS f ON f.bonus_id = b.id
    JOIN umpire.referrals AS r ON r.relationship_id = b.relationship_id
    WHERE b.id = ANY (bonus_ids)
  ),
  -- Whoever has no more than a hundred waits for nothing.
  busy AS MATERIALIZED (
    SELECT u.referrer_id FROM (SELECT DISTINCT w.referrer_id FROM wanted AS w WHERE w.referrer_id IS NOT NULL) AS u
    WHERE (SELECT count(*) FROM (SELECT 1 FROM referrals.bonus_events AS b WHERE b.user_id = u.referrer_id LIMIT 101) AS enough) > 100
  ),
  ordered AS (
    SELECT b.id, b.user_id, f.at,
      row_number() OVER (PARTITION BY b.user_id ORDER BY f.at, f.event_id, b.event_type, b.app_id COLLATE "C") - 1 AS i
    FROM busy AS u
    JOIN referrals.bonus_events AS b ON b.user_id = u.referrer_id
    JOIN umpire.bonuses AS f ON f.bonus_id = b.id
    JOIN umpire.referrals AS r ON r.relationship_id = b.relationship_id AND r.referrer_id = b.user_id
  ),
  chained AS (
    SELECT o.id,
      max(o.at - (o.i / 100) * interval '24 hours') OVER (PARTITION BY o.user_id, o.i % 100 ORDER BY o.i) + (o.i / 100) * interval '24 hours' AS at
    FROM ordered AS o
  )
  SELECT w.id, coalesce(c.at, w.at), w.referrer_id IS NOT NULL FROM wanted AS w LEFT JOIN chained AS c ON c.id = w.id
$$;

-- Holds those of these bonuses that may not be paid yet; returns the others. Their rows must be locked.
CREATE FUNCTION umpire.defer_claims(bonus_ids uuid[], clock timestamptz) RETURNS uuid[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  payable uuid[];
  early uuid[];
BEGIN
  SELECT array_agg(p.bonus_id ORDER BY p.bonus_id) FILTER (WHERE p.at <= clock OR NOT p.is_limited),
    array_agg(p.bonus_id ORDER BY p.bonus_id) FILTER (WHERE p.at > clock AND p.is_limited)
  INTO payable, early FROM umpire.payable_at(bonus_ids) AS p;
  IF early IS NOT NULL THEN
    PERFORM umpire.hold_bonuses(early, 'rate_limited', NULL, clock);
    UPDATE referrals.bonus_events AS b SET hold_until = p.at FROM umpire.payable_at(early) AS p WHERE b.id = p.bonus_id;
  END IF;
  RETURN coalesce(payable, '{}');
END $$;

-- Bonuses that came or went before others move the time of those that wait for theirs.
CREATE FUNCTION umpire.retime_claims(referrers text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  waiting uuid[];
BEGIN
  SELECT array_agg(l.id) INTO waiting FROM (
    SELECT b.id FROM referrals.bonus_events AS b
    WHERE b.user_id = ANY (referrers) AND b.status = 'held' AND b.hold_reason = 'rate_limited' ORDER BY b.id FOR UPDATE
  ) AS l;
  UPDATE referrals.bonus_events AS b SET hold_until = p.at
  FROM umpire.payable_at(waiting) AS p WHERE b.id = p.bonus_id AND b.hold_until IS DISTINCT FROM p.at;
END $$;

-- Pays these bonuses, and holds those of them whose time has not come.
CREATE OR REPLACE FUNCTION umpire.pay_bonuses(bonus_ids uuid[], clock timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  payable uuid[];
BEGIN
  IF coalesce(cardinality(bonus_ids), 0) = 0 THEN RETURN; END IF;
  payable := umpire.defer_claims(bonus_ids, clock);
  IF cardinality(payable) = 0 THEN RETURN; END IF;
  PERFORM umpire.move_bonuses(payable, 'bonus', 1, 'Referral bonus', clock);
  UPDATE referrals.bonus_events AS b SET status = 'paid', hold_reason = NULL, hold_until = NULL, released_at = clock,
    transaction_id = umpire.transaction_id('bonus:' || b.id || ':' || f.movements)
  FROM umpire.bonuses AS f WHERE f.bonus_id = b.id AND b.id = ANY (payable);
  PERFORM umpire.mark_cross_app(payable, true);
  PERFORM umpire.log_money(payable, 'paid', clock);
END $$;

-- Ends the holds that have run out, of at most so many referrals: those of the medium band (SPEC 3) and of the claim limit. A
-- referral that waits to be scored is left: its band may be about to rise. One that somebody else works on is left to the
-- next call. A fraud hold that ends before its claim's time becomes one of the claim limit, which counts as `deferred`.
DROP FUNCTION umpire.release_holds(timestamptz, integer);
CREATE FUNCTION umpire.release_holds(clock timestamptz, most integer, OUT released integer, OUT deferred integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  candidates uuid[];
  ended uuid[];
BEGIN
  SELECT array_agg(l.relationship_id) INTO candidates FROM (
    SELECT r.relationship_id FROM umpire.referrals AS r
    WHERE r.relationship_id IN (SELECT e.relationship_id FROM umpire.ended_holds(clock) AS e)
    ORDER BY r.relationship_id LIMIT most FOR UPDATE OF r SKIP LOCKED
  ) AS l;
  PERFORM 1 FROM referrals.bonus_events AS b WHERE b.relationship_id = ANY (candidates) ORDER BY b.id FOR UPDATE;
  -- Read again: another machine, or the service that owns the table, may have paid them before the lock was taken.
  SELECT array_agg(e.bonus_id ORDER BY e.bonus_id) INTO ended FROM umpire.ended_holds(clock) AS e
  WHERE e.relationship_id = ANY (candidates);
  PERFORM umpire.pay_bonuses(ended, clock);
  SELECT count(*) FILTER (WHERE b.status = 'paid'), count(*) FILTER (WHERE b.status = 'held')
  INTO released, deferred FROM referrals.bonus_events AS b WHERE b.id = ANY (ended);
END $$;

-- Holds that have run out and may end. One of the claim limit in the medium band has served its 48 hours before.
CREATE FUNCTION umpire.ended_holds(clock timestamptz) RETURNS TABLE (relationship_id uuid, bonus_id uuid)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT b.relationship_id, b.id
  FROM referrals.bonus_events AS b
  JOIN umpire.scores AS s ON s.relationship_id = b.relationship_id
  JOIN umpire.referrals AS r ON r.relationship_id = b.relationship_id
  WHERE b.status = 'held' AND b.hold_until <= clock AND NOT r.is_rejected
    AND (b.hold_reason = 'fraud_medium' AND s.held_band <= 'medium'
      OR b.hold_reason = 'rate_limited' AND (s.held_band <= 'medium' OR s.held_band <= s.approved_band))
    AND NOT EXISTS (SELECT 1 FROM umpire.dirty AS d WHERE d.relationship_id = b.relationship_id)
$$;

-- Decides as before (0001). An approval pays the fraud holds whose claim's time has come; the others keep theirs. Where
-- another service owns the programme, what it has paid and its tiers are not touched (SPEC 1, `observe`).
CREATE OR REPLACE FUNCTION umpire.decide(calls jsonb, actor text, on_behalf_of text, clock timestamptz) RETURNS SETOF jsonb
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
  is_owned boolean := (SELECT w.mode = 'programme' FROM umpire.workspace AS w);
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
  fraud_holds := umpire.defer_claims(fraud_holds, clock);
  SELECT array_agg(b.id) FILTER (WHERE b.status IN ('held', 'pending')),
    array_agg(b.id) FILTER (WHERE is_owned AND b.status = 'paid' AND b.released_at > clock - interval '7 days')
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
  WHERE is_owned AND r.relationship_id = ANY (rejected) AND r.qualified_at IS NOT NULL;
  PERFORM umpire.pay_bonuses(fraud_holds, clock);
  PERFORM umpire.reject_bonuses(refused, clock);
  PERFORM umpire.reverse_bonuses(taken_back, clock);
  PERFORM umpire.recount_tiers(array_agg(r.referrer_id), clock) FROM umpire.referrals AS r
  WHERE is_owned AND r.relationship_id = ANY (rejected) AND r.qualified_at IS NOT NULL;

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
