-- Where another service writes the same rows in any order (observe): whoever waits for it gives up before the server looks
-- for deadlocks (after a second), so that it is never the other's transaction that ends.
CREATE FUNCTION umpire.give_way() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF umpire.observes() THEN PERFORM set_config('lock_timeout', '500ms', true); END IF;
END $$;

-- Of these bonuses, those that may be paid. Of an owner's rows of one kind the earliest alone is, and none that Umpire has paid
-- already or that would take credits: `verify` tells them.
CREATE FUNCTION umpire.payable_once(bonus_ids uuid[]) RETURNS uuid[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT umpire.observes() THEN RETURN bonus_ids; END IF;
  RETURN coalesce((
    SELECT array_agg(b.id ORDER BY b.id) FROM referrals.bonus_events AS b
    WHERE b.id = ANY (bonus_ids) AND b.credits_final >= 0
      AND NOT EXISTS (
        SELECT 1 FROM referrals.bonus_events AS o
        WHERE o.relationship_id = b.relationship_id AND o.user_id = b.user_id AND o.event_type = b.event_type
          AND o.app_id IS NOT DISTINCT FROM b.app_id AND o.id <> b.id
          AND (o.status = 'paid' OR o.status IN ('pending', 'held') AND (o.created_at, o.id) < (b.created_at, b.id))
      )
      AND (
        SELECT count(*) FILTER (WHERE m.transition = 'paid') - count(*) FILTER (WHERE m.transition = 'reversed')
        FROM umpire.money_log AS m WHERE m.bonus_id = b.id
      ) <= 0
  ), '{}');
END $$;
