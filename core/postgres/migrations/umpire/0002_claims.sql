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

-- Ends the holds that have run out, of at most so many referrals: those of the medium band (SPEC 3) and of the claim limit. A
-- referral that waits to be scored is left: its band may be about to rise. One that somebody else works on is left to the
-- next call. A fraud hold that ends before its claim's time becomes one of the claim limit, which counts as `deferred`.
-- In observe mode, bonuses that their owner is writing are left to the next call.
DROP FUNCTION umpire.release_holds(timestamptz, integer);
CREATE FUNCTION umpire.release_holds(clock timestamptz, most integer, OUT released integer, OUT deferred integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  candidates uuid[];
  locked uuid[];
  ended uuid[];
BEGIN
  PERFORM umpire.give_way();
  SELECT array_agg(l.relationship_id) INTO candidates FROM (
    SELECT r.relationship_id FROM umpire.referrals AS r
    WHERE r.relationship_id IN (SELECT e.relationship_id FROM umpire.ended_holds(clock) AS e)
    ORDER BY r.relationship_id LIMIT most FOR UPDATE OF r SKIP LOCKED
  ) AS l;
  IF umpire.observes() THEN
    SELECT array_agg(l.id) INTO locked FROM (
      SELECT b.id FROM referrals.bonus_events AS b WHERE b.relationship_id = ANY (candidates) ORDER BY b.id FOR UPDATE SKIP LOCKED
    ) AS l;
  ELSE
    SELECT array_agg(l.id) INTO locked FROM (
      SELECT b.id FROM referrals.bonus_events AS b WHERE b.relationship_id = ANY (candidates) ORDER BY b.id FOR UPDATE
    ) AS l;
  END IF;
  -- Read again: another machine, or the service that owns the table, may have paid them before the lock was taken.
  SELECT array_agg(e.bonus_id ORDER BY e.bonus_id) INTO ended FROM umpire.ended_holds(clock) AS e
  WHERE e.bonus_id = ANY (locked);
  PERFORM umpire.pay_bonuses(ended, clock);
  SELECT count(*) FILTER (WHERE b.status = 'paid'), count(*) FILTER (WHERE b.status = 'held' AND b.hold_reason = 'rate_limited' AND b.hold_until > clock)
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
