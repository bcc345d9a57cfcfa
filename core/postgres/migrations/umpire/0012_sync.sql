-- What a cache pulls (DESIGN, sync protocol): which items changed since a snapshot, by the transactions that changed what hangs on
-- them, and objections to what somebody else decided. A row carries the top-level transaction that wrote it last; a pull asks for those
-- that its last snapshot did not see. Nothing here locks a row that its writer does not write anyway, and the seed's tables get nothing.

---------------------------------------------------------------------------------------------------------------------
-- Stamps

CREATE FUNCTION umpire.stamp_tx() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.tx := pg_current_xact_id();
  RETURN NEW;
END $$;

ALTER TABLE umpire.scores ADD COLUMN tx xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX scores_tx_idx ON umpire.scores (tx);
CREATE TRIGGER scores_stamped BEFORE UPDATE ON umpire.scores FOR EACH ROW EXECUTE FUNCTION umpire.stamp_tx();

-- `added_tx`: when the referrer got it; each of the referrer's items tells how many there are. `tx`: of the last change since, NULL
-- before one: what is new has no item that was pulled before.
ALTER TABLE umpire.referrals ADD COLUMN added_tx xid8 NOT NULL DEFAULT pg_current_xact_id(), ADD COLUMN tx xid8;
CREATE INDEX referrals_added_tx_idx ON umpire.referrals (added_tx);
-- A stamp reads it of all that its referrer has: from the index alone.
CREATE INDEX referrals_referrer_tx_idx ON umpire.referrals (referrer_id, added_tx);
CREATE INDEX referrals_tx_idx ON umpire.referrals (tx) WHERE tx IS NOT NULL;
CREATE TRIGGER referrals_stamped BEFORE UPDATE ON umpire.referrals FOR EACH ROW EXECUTE FUNCTION umpire.stamp_tx();

-- Of the last change, NULL before one: names and e-mails.
ALTER TABLE umpire.users ADD COLUMN tx xid8;
CREATE INDEX users_tx_idx ON umpire.users (tx) WHERE tx IS NOT NULL;
CREATE TRIGGER users_stamped BEFORE UPDATE ON umpire.users FOR EACH ROW EXECUTE FUNCTION umpire.stamp_tx();

-- Movements of money are told by the log; what else changes of a bonus (its place, its credits, why and until when it is held), here.
ALTER TABLE umpire.bonuses ADD COLUMN tx xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX bonuses_tx_idx ON umpire.bonuses (tx);
CREATE TRIGGER bonuses_stamped BEFORE UPDATE OF at, event_id ON umpire.bonuses FOR EACH ROW EXECUTE FUNCTION umpire.stamp_tx();
ALTER TABLE umpire.money_log ADD COLUMN tx xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX money_log_tx_idx ON umpire.money_log (tx);
-- A case tells its movements: without this each one reads the whole log.
CREATE INDEX money_log_relationship_idx ON umpire.money_log (relationship_id);

-- What has effect raises the version of its item; what only whoever made it may know of, is told by these two.
CREATE INDEX decisions_tx_idx ON umpire.decisions (tx);
CREATE INDEX second_opinions_tx_idx ON umpire.second_opinions (tx);

-- Of the last change to which items a second analyst confirms: it may change what every open item shows.
ALTER TABLE umpire.review_settings ADD COLUMN tx xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE TRIGGER review_settings_stamped BEFORE UPDATE ON umpire.review_settings FOR EACH ROW
WHEN ((OLD.second_review_above, OLD.second_review_share, OLD.second_review_salt)
  IS DISTINCT FROM (NEW.second_review_above, NEW.second_review_share, NEW.second_review_salt))
EXECUTE FUNCTION umpire.stamp_tx();

-- In observe mode: of all that an item shows of the owner's rows. A scan that finds another stamps the item.
ALTER TABLE umpire.items ADD COLUMN shown text;

---------------------------------------------------------------------------------------------------------------------
-- What is gone leaves its id and the transaction, for ninety days: a cursor of before that brings everything (core/sync/postgres/cursor.ts).

CREATE TABLE umpire.items_gone (
  item_id uuid NOT NULL,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX items_gone_tx_idx ON umpire.items_gone (tx);
CREATE TABLE umpire.referrals_gone (
  referrer_id text NOT NULL,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX referrals_gone_tx_idx ON umpire.referrals_gone (tx);

CREATE FUNCTION umpire.note_gone_items() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO umpire.items_gone (item_id) SELECT g.item_id FROM gone AS g;
  RETURN NULL;
END $$;
CREATE TRIGGER items_gone AFTER DELETE ON umpire.items REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION umpire.note_gone_items();

CREATE FUNCTION umpire.note_gone_referrals() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO umpire.referrals_gone (referrer_id) SELECT DISTINCT g.referrer_id FROM gone AS g;
  RETURN NULL;
END $$;
CREATE TRIGGER referrals_gone AFTER DELETE ON umpire.referrals REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION umpire.note_gone_referrals();

-- By the server's own clock, as the time of a cursor is, whatever clock a job was given. Returns how many.
CREATE FUNCTION umpire.forget_gone() RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH items AS (DELETE FROM umpire.items_gone WHERE at < now() - interval '90 days' RETURNING 1),
    referrals AS (DELETE FROM umpire.referrals_gone WHERE at < now() - interval '90 days' RETURNING 1)
  SELECT (SELECT count(*) FROM items) + (SELECT count(*) FROM referrals)
$$;

-- An owner may give a referral to another referrer: one has fewer then, the other more.
CREATE FUNCTION umpire.note_moved_referral() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO umpire.referrals_gone (referrer_id) VALUES (OLD.referrer_id);
  NEW.added_tx := pg_current_xact_id();
  RETURN NEW;
END $$;
CREATE TRIGGER referrals_moved BEFORE UPDATE OF referrer_id ON umpire.referrals FOR EACH ROW
WHEN (OLD.referrer_id <> NEW.referrer_id) EXECUTE FUNCTION umpire.note_moved_referral();

---------------------------------------------------------------------------------------------------------------------
-- A hint that there is news. It says nothing, and may be lost: everybody asks from time to time all the same.

CREATE FUNCTION umpire.hint() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM changed) THEN PERFORM pg_notify('umpire_changed', ''); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER items_hint_added AFTER INSERT ON umpire.items REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION umpire.hint();
CREATE TRIGGER items_hint_changed AFTER UPDATE ON umpire.items REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION umpire.hint();
CREATE TRIGGER items_hint_gone AFTER DELETE ON umpire.items REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION umpire.hint();
CREATE TRIGGER claims_hint_added AFTER INSERT ON umpire.claims REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION umpire.hint();

-- A claim that is renewed is no news.
CREATE FUNCTION umpire.hint_claims() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM changed AS c JOIN before AS b ON b.item_id = c.item_id WHERE c.tx <> b.tx) THEN
    PERFORM pg_notify('umpire_changed', '');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER claims_hint_changed AFTER UPDATE ON umpire.claims REFERENCING OLD TABLE AS before NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION umpire.hint_claims();

---------------------------------------------------------------------------------------------------------------------
-- What a bonus shows changes without a movement of money in three places, which stamp it now.

CREATE FUNCTION umpire.stamp_bonuses(bonus_ids uuid[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  UPDATE umpire.bonuses SET tx = pg_current_xact_id() WHERE bonus_id = ANY (bonus_ids) AND tx <> pg_current_xact_id()
$$;

CREATE OR REPLACE FUNCTION umpire.hold_bonuses(bonus_ids uuid[], reason text, until timestamptz, clock timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF coalesce(cardinality(bonus_ids), 0) = 0 THEN RETURN; END IF;
  -- A hold that changes its reason is still the same hold.
  PERFORM umpire.log_money((SELECT array_agg(id) FROM referrals.bonus_events WHERE id = ANY (bonus_ids) AND status = 'pending'), 'held', clock);
  PERFORM umpire.stamp_bonuses((SELECT array_agg(id) FROM referrals.bonus_events WHERE id = ANY (bonus_ids) AND status <> 'pending'));
  UPDATE referrals.bonus_events SET status = 'held', hold_reason = reason, hold_until = until WHERE id = ANY (bonus_ids);
END $$;

CREATE OR REPLACE FUNCTION umpire.retime_claims(referrers text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  waiting uuid[];
  moved uuid[];
BEGIN
  SELECT array_agg(l.id) INTO waiting FROM (
    SELECT b.id FROM referrals.bonus_events AS b
    WHERE b.user_id = ANY (referrers) AND b.status = 'held' AND b.hold_reason = 'rate_limited' ORDER BY b.id FOR UPDATE
  ) AS l;
  WITH retimed AS (
    UPDATE referrals.bonus_events AS b SET hold_until = p.at
    FROM umpire.payable_at(waiting) AS p WHERE b.id = p.bonus_id AND b.hold_until IS DISTINCT FROM p.at
    RETURNING b.id
  )
  SELECT array_agg(r.id) INTO moved FROM retimed AS r;
  IF moved IS NOT NULL THEN PERFORM umpire.stamp_bonuses(moved); END IF;
END $$;

CREATE OR REPLACE FUNCTION umpire.retier_unpaid(bonus_ids uuid[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  moved uuid[];
BEGIN
  IF bonus_ids IS NULL OR umpire.observes() THEN RETURN; END IF;
  WITH bonuses AS MATERIALIZED (
    SELECT b.id, r.referrer_id, f.at, f.event_id,
      (NOT r.is_rejected AND (r.qualified_at, r.qualified_event) < (f.at, f.event_id)) IS TRUE AS counts_itself
    FROM unnest(bonus_ids) AS x (id)
    JOIN referrals.bonus_events AS b ON b.id = x.id
    JOIN umpire.bonuses AS f ON f.bonus_id = b.id
    JOIN umpire.referrals AS r ON r.relationship_id = b.relationship_id AND r.referrer_id = b.user_id
  ),
  counted AS (
    SELECT m.id, count(*) FILTER (WHERE m.id IS NULL) OVER (
      PARTITION BY m.referrer_id ORDER BY m.at, m.event_id, m.id NULLS LAST ROWS UNBOUNDED PRECEDING
    ) - m.itself AS qualified
    FROM (
      SELECT b.id, b.referrer_id, b.at, b.event_id, b.counts_itself::int AS itself FROM bonuses AS b
      UNION ALL
      SELECT NULL, o.referrer_id, o.qualified_at, o.qualified_event, 0
      FROM (SELECT DISTINCT b.referrer_id FROM bonuses AS b) AS u
      JOIN umpire.referrals AS o ON o.referrer_id = u.referrer_id AND o.qualified_at IS NOT NULL AND NOT o.is_rejected
    ) AS m
  ),
  retiered AS (
    UPDATE referrals.bonus_events AS b SET
      tier_at_time = n.tier,
      tier_multiplier = umpire.multiplier_of(n.tier)::real,
      credits_final = floor(b.credits_base * umpire.multiplier_of(n.tier) + 0.5)::int
    FROM (SELECT c.id, umpire.tier_of(c.qualified::int) AS tier FROM counted AS c WHERE c.id IS NOT NULL) AS n
    WHERE b.id = n.id AND b.tier_at_time <> n.tier
    RETURNING b.id
  )
  SELECT array_agg(r.id) INTO moved FROM retiered AS r;
  IF moved IS NOT NULL THEN PERFORM umpire.stamp_bonuses(moved); END IF;
END $$;

---------------------------------------------------------------------------------------------------------------------
-- Pulling

-- Which history a cursor belongs to: system identifier, database, timeline, the table of the counter, stored counter, migrations. A
-- dump that is restored in place makes the table anew, and brings all the others back as they were. Where this server tells its owner
-- nothing of itself, the first and the third are left out. What no epoch can tell, a copied data directory, is told by `has_head`.
CREATE FUNCTION umpire.epoch() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  system text := '';
  timeline text := '';
BEGIN
  PERFORM umpire.caller(NULL, NULL, 'viewer');
  BEGIN
    system := (SELECT s.system_identifier FROM pg_control_system() AS s);
    timeline := (SELECT c.timeline_id FROM pg_control_checkpoint() AS c);
  EXCEPTION WHEN insufficient_privilege THEN
    NULL;
  END;
  RETURN concat_ws('.', system, (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database()), timeline,
    'umpire.workspace'::regclass::oid, (SELECT w.epoch FROM umpire.workspace AS w), (SELECT count(*) FROM umpire.migrations));
END $$;

-- Of all that hangs on each of these items and is shown of it to the caller: another text when any of it changed, whichever of two
-- transactions that overlap ends first. What is no item has none. Only whole keys are joined: of a join by more the planner expects one
-- row, and gathers money and the others anew for each item.
CREATE FUNCTION umpire.stamps(item_ids uuid[]) RETURNS TABLE (item_id uuid, stamp text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  login text := (SELECT c.who FROM umpire.caller(NULL, NULL, 'viewer') AS c);
BEGIN
  RETURN QUERY
  WITH wanted AS MATERIALIZED (
    SELECT i.item_id AS item, i.tx, rel.id AS relationship, rel.referrer_id AS referrer, rel.referee_id AS referee, rel.is_flagged
    FROM unnest(stamps.item_ids) AS x (item)
    JOIN umpire.items AS i ON i.item_id = x.item
    JOIN referrals.relationships AS rel ON rel.id = i.relationship_id
  ),
  money AS (
    SELECT b.relationship_id, sum(hashtextextended(concat_ws(' ', b.id, b.user_id, b.event_type, b.app_id, b.credits_final, b.tier_at_time,
      b.status, b.hold_reason, extract(epoch FROM b.hold_until), extract(epoch FROM b.released_at), extract(epoch FROM b.created_at)), 0)) AS seen
    FROM (SELECT DISTINCT w.relationship FROM wanted AS w) AS w JOIN umpire.bonuses_seen AS b ON b.relationship_id = w.relationship
    GROUP BY b.relationship_id
  ),
  others AS (
    SELECT r.referrer_id, count(*) AS made, sum(hashtextextended(r.added_tx::text, 0)) AS seen
    FROM (SELECT DISTINCT w.referrer FROM wanted AS w) AS w JOIN umpire.referrals AS r ON r.referrer_id = w.referrer
    GROUP BY r.referrer_id
  ),
  own AS (
    SELECT o.item_id, sum(hashtextextended(o.decision_id || ' ' || o.tx, 0)) AS seen
    FROM (
      SELECT d.item_id, d.decision_id, d.tx FROM wanted AS w JOIN umpire.decisions AS d ON d.item_id = w.item
      WHERE coalesce(d.on_behalf_of, d.actor) = login
      UNION ALL
      SELECT s.item_id, s.decision_id, s.tx FROM wanted AS w JOIN umpire.second_opinions AS s ON s.item_id = w.item WHERE s.who = login
    ) AS o GROUP BY o.item_id
  )
  SELECT w.item, md5(concat_ws('.', w.tx, coalesce(s.tx::text, ''), coalesce(r.tx::text, ''), coalesce(m.seen, 0), o.made, o.seen,
    coalesce(a.tx::text, ''), coalesce(b.tx::text, ''), hashtextextended(coalesce(referrer.name, ''), 0), hashtextextended(coalesce(referee.name, ''), 0),
    coalesce(own.seen, 0), w.is_flagged))
  FROM wanted AS w
  LEFT JOIN umpire.scores AS s ON s.relationship_id = w.relationship
  LEFT JOIN umpire.referrals AS r ON r.relationship_id = w.relationship
  LEFT JOIN money AS m ON m.relationship_id = w.relationship
  LEFT JOIN others AS o ON o.referrer_id = w.referrer
  LEFT JOIN umpire.users AS a ON a.user_id = w.referrer
  LEFT JOIN umpire.users AS b ON b.user_id = w.referee
  LEFT JOIN auth.users AS referrer ON referrer.id = w.referrer
  LEFT JOIN auth.users AS referee ON referee.id = w.referee
  LEFT JOIN own ON own.item_id = w.item;
END $$;

-- The items that caches hold: those that are open, and those that were closed within thirty days, to the hour. The most urgent first.
CREATE FUNCTION umpire.window_from(clock timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT date_trunc('hour', clock) - interval '30 days'
$$;
CREATE FUNCTION umpire.window_items(clock timestamptz) RETURNS TABLE (item_id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  since constant timestamptz := umpire.window_from(window_items.clock);
BEGIN
  PERFORM umpire.caller(NULL, NULL, 'viewer');
  RETURN QUERY
  SELECT q.id FROM referrals.review_queue AS q JOIN umpire.items AS i ON i.item_id = q.id
  WHERE q.status IN ('pending', 'escalated') OR coalesce(q.reviewed_at, q.created_at) > since
  ORDER BY q.status IN ('pending', 'escalated') DESC, q.priority DESC, q.fraud_score DESC, q.id;
END $$;

-- The items whose row or evidence is not what it was when `since` was taken at the time `taken`, by what the caller may know.
-- `is_gone`: deleted, or out of what caches hold. What time alone changes is told too: what can no longer be reversed at `clock`, and what was closed
-- too long ago. NULL instead of any where so much may have changed that everything is to be read again.
CREATE FUNCTION umpire.changed_items(since pg_snapshot, taken timestamptz, clock timestamptz) RETURNS TABLE (item_id uuid, is_gone boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  login text := (SELECT c.who FROM umpire.caller(NULL, NULL, 'viewer') AS c);
  -- Of rows that came with a restored database, transactions may be ahead of this server's: they are in no snapshot, and no news.
  here constant pg_snapshot := pg_current_snapshot();
  first constant xid8 := pg_snapshot_xmin(changed_items.since);
  seen constant pg_snapshot := changed_items.since;
  earlier constant timestamptz := least(changed_items.taken, changed_items.clock);
  later constant timestamptz := greatest(changed_items.taken, changed_items.clock);
  window_start constant timestamptz := umpire.window_from(changed_items.clock);
BEGIN
  IF EXISTS (SELECT 1 FROM umpire.review_settings AS s WHERE s.tx >= first AND NOT pg_visible_in_snapshot(s.tx, seen) AND pg_visible_in_snapshot(s.tx, here)) THEN
    RETURN QUERY SELECT NULL::uuid, false;
    RETURN;
  END IF;
  RETURN QUERY
  WITH referrers AS MATERIALIZED (
    SELECT r.referrer_id AS id FROM umpire.referrals AS r WHERE r.added_tx >= first AND NOT pg_visible_in_snapshot(r.added_tx, seen) AND pg_visible_in_snapshot(r.added_tx, here)
    UNION
    SELECT g.referrer_id FROM umpire.referrals_gone AS g WHERE g.tx >= first AND NOT pg_visible_in_snapshot(g.tx, seen) AND pg_visible_in_snapshot(g.tx, here)
  ),
  people AS MATERIALIZED (
    SELECT u.user_id AS id FROM umpire.users AS u WHERE u.tx >= first AND NOT pg_visible_in_snapshot(u.tx, seen) AND pg_visible_in_snapshot(u.tx, here)
  ),
  touched AS MATERIALIZED (
    SELECT s.relationship_id AS id FROM umpire.scores AS s WHERE s.tx >= first AND NOT pg_visible_in_snapshot(s.tx, seen) AND pg_visible_in_snapshot(s.tx, here)
    UNION
    SELECT r.relationship_id FROM umpire.referrals AS r WHERE r.tx >= first AND NOT pg_visible_in_snapshot(r.tx, seen) AND pg_visible_in_snapshot(r.tx, here)
    UNION
    SELECT r.relationship_id FROM referrers AS x JOIN umpire.referrals AS r ON r.referrer_id = x.id
    UNION
    SELECT r.relationship_id FROM people AS x JOIN umpire.referrals AS r ON r.referrer_id = x.id
    UNION
    SELECT r.relationship_id FROM people AS x JOIN umpire.referrals AS r ON r.referee_id = x.id
    UNION
    SELECT m.relationship_id FROM umpire.money_log AS m WHERE m.tx >= first AND NOT pg_visible_in_snapshot(m.tx, seen) AND pg_visible_in_snapshot(m.tx, here)
    UNION
    SELECT b.relationship_id FROM umpire.bonuses AS f JOIN referrals.bonus_events AS b ON b.id = f.bonus_id
    WHERE f.tx >= first AND NOT pg_visible_in_snapshot(f.tx, seen) AND pg_visible_in_snapshot(f.tx, here)
    UNION
    -- What could be reversed then and not now.
    SELECT m.relationship_id FROM umpire.money_log AS m
    WHERE m.transition = 'paid' AND m.at > earlier - interval '7 days' AND m.at <= later - interval '7 days'
  ),
  named AS MATERIALIZED (
    SELECT i.item_id AS id FROM umpire.items AS i WHERE i.tx >= first AND NOT pg_visible_in_snapshot(i.tx, seen) AND pg_visible_in_snapshot(i.tx, here)
    UNION
    SELECT g.item_id FROM umpire.items_gone AS g WHERE g.tx >= first AND NOT pg_visible_in_snapshot(g.tx, seen) AND pg_visible_in_snapshot(g.tx, here)
    UNION
    SELECT d.item_id FROM umpire.decisions AS d
    WHERE d.tx >= first AND NOT pg_visible_in_snapshot(d.tx, seen) AND pg_visible_in_snapshot(d.tx, here) AND coalesce(d.on_behalf_of, d.actor) = login
    UNION
    SELECT o.item_id FROM umpire.second_opinions AS o
    WHERE o.tx >= first AND NOT pg_visible_in_snapshot(o.tx, seen) AND pg_visible_in_snapshot(o.tx, here) AND o.who = login
    UNION
    SELECT q.id FROM referrals.review_queue AS q
    WHERE umpire.window_from(earlier) < umpire.window_from(later) AND q.status IN ('approved', 'rejected')
      AND coalesce(q.reviewed_at, q.created_at) > umpire.window_from(earlier) AND coalesce(q.reviewed_at, q.created_at) <= umpire.window_from(later)
  )
  SELECT n.id, i.item_id IS NULL OR q.id IS NULL OR q.status IN ('approved', 'rejected') AND coalesce(q.reviewed_at, q.created_at) <= window_start
  FROM named AS n LEFT JOIN umpire.items AS i ON i.item_id = n.id LEFT JOIN referrals.review_queue AS q ON q.id = n.id
  UNION
  SELECT q.id, false FROM touched AS t JOIN umpire.items AS i ON i.relationship_id = t.id JOIN referrals.review_queue AS q ON q.id = i.item_id
  WHERE q.status IN ('pending', 'escalated') OR coalesce(q.reviewed_at, q.created_at) > window_start;
END $$;

-- What became of the caller's own decisions among these that waited for a second analyst and wait no more, in the shape of a decision's
-- answer. Their first answer stays what it was.
CREATE FUNCTION umpire.settled_decisions(decision_ids uuid[]) RETURNS SETOF jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  login text := (SELECT c.who FROM umpire.caller(NULL, NULL, 'analyst') AS c);
BEGIN
  RETURN QUERY
  SELECT jsonb_build_object('decisionId', d.decision_id, 'itemId', d.item_id, 'outcome', n.outcome,
    'message', CASE
      WHEN d.proposal = 'agreed' THEN 'A second analyst decided the same.'
      WHEN d.proposal = 'disagreed' THEN 'Another analyst decided otherwise: it goes to a lead.'
      WHEN d.proposal = 'withdrawn' THEN 'It was withdrawn: decide again where it is still to be decided.'
      WHEN d.proposal = 'returned' THEN 'The band rose after this was looked at: look again.'
      WHEN n.outcome = 'agreed' THEN 'This was decided the same way meanwhile.'
      ELSE 'This was decided differently meanwhile: ' || q.status || '.'
    END,
    'status', q.status, 'version', i.version,
    'paid', CASE n.outcome WHEN 'applied' THEN coalesce((l.outcome ->> 'paid')::int, 0) ELSE 0 END,
    'rejected', CASE n.outcome WHEN 'applied' THEN coalesce((l.outcome ->> 'rejected')::int, 0) ELSE 0 END,
    'reversed', CASE n.outcome WHEN 'applied' THEN coalesce((l.outcome ->> 'reversed')::int, 0) ELSE 0 END)
  FROM umpire.decisions AS d
  LEFT JOIN umpire.decisions AS l ON l.decision_id = d.closed_by
  LEFT JOIN umpire.items AS i ON i.item_id = d.item_id
  LEFT JOIN referrals.review_queue AS q ON q.id = d.item_id
  CROSS JOIN LATERAL (
    SELECT CASE d.proposal WHEN 'agreed' THEN 'applied' WHEN 'disagreed' THEN 'conflict'
      WHEN 'superseded' THEN CASE WHEN l.decision = d.decision THEN 'agreed' ELSE 'conflict' END ELSE 'returned' END AS outcome
  ) AS n
  WHERE d.decision_id = ANY (settled_decisions.decision_ids) AND d.proposal <> 'open' AND coalesce(d.on_behalf_of, d.actor) = login;
END $$;

-- What caches keep of patterns and statistics: never what a pattern looks for, which may be somebody's address.
CREATE FUNCTION umpire.reference_of(clock timestamptz) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  caller record;
BEGIN
  SELECT * INTO caller FROM umpire.caller(NULL, NULL, 'viewer');
  RETURN jsonb_build_object(
    'patterns', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'type', p.pattern_type, 'severity', p.severity, 'points', p.score_impact,
        'isActive', p.is_active) ORDER BY p.id), '[]') FROM referrals.fraud_patterns AS p),
    'statistics', (SELECT coalesce(jsonb_agg(to_jsonb(d) - 'id' ORDER BY d.date), '[]') FROM referrals.daily_stats AS d
      WHERE d.app_id IS NULL AND d.date > (clock AT TIME ZONE 'UTC')::date - 30));
END $$;

---------------------------------------------------------------------------------------------------------------------
-- Objections: what an analyst would have decided where somebody else's decision stands, for a lead to look at.

CREATE TABLE umpire.objections (
  objection_id uuid PRIMARY KEY,
  item_id uuid NOT NULL,
  relationship_id uuid NOT NULL,
  actor text NOT NULL,
  on_behalf_of text,
  decision text NOT NULL CHECK (decision IN ('approve', 'reject', 'escalate')),
  reason text NOT NULL,
  note text,
  outcome jsonb NOT NULL,
  made_at timestamptz NOT NULL,
  settled_at timestamptz,
  settled_by text
);
CREATE INDEX objections_item_idx ON umpire.objections (item_id);
CREATE INDEX objections_open_idx ON umpire.objections (made_at) WHERE settled_at IS NULL;
-- Leads are asked once by each about an item, until one of them settles it.
CREATE UNIQUE INDEX objections_asked_idx ON umpire.objections (item_id, coalesce(on_behalf_of, actor)) WHERE settled_at IS NULL;

-- SHA-256 over what never changes of an objection; its note, which may quote somebody, is not in it. NULL where there is none.
CREATE FUNCTION umpire.objection_digest(objection uuid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT encode(sha256(convert_to(ROW(o.objection_id, o.item_id, o.relationship_id, o.actor, o.on_behalf_of, o.decision, o.reason, o.outcome,
    (extract(epoch FROM o.made_at) * 1000000)::bigint)::text, 'UTF8')), 'hex')
  FROM umpire.objections AS o WHERE o.objection_id = objection_digest.objection
$$;

-- Takes objections, each with its own outcome, in the order given: applied, unknown, not_allowed. The same again has its first answer;
-- another one with the same id is not allowed, nor one where nothing or one's own decision stands.
CREATE FUNCTION umpire.object_items(calls jsonb, on_behalf_of text DEFAULT NULL, clock timestamptz DEFAULT NULL) RETURNS SETOF jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  caller record;
  uuids constant text := '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$';
  asked record;
  stood record;
  fault text;
  known umpire.objections;
  answer jsonb;
  made uuid[] := '{}';
BEGIN
  SELECT * INTO caller FROM umpire.caller(on_behalf_of, clock, 'analyst');
  IF jsonb_typeof(calls) IS DISTINCT FROM 'array' THEN
    RAISE EXCEPTION 'Objections come as an array.' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  FOR asked IN SELECT c.call FROM jsonb_array_elements(calls) WITH ORDINALITY AS c (call, position) ORDER BY c.position LOOP
    fault := CASE
      WHEN jsonb_typeof(asked.call) <> 'object' THEN 'This is no objection: it takes an objectionId, an itemId, a decision and a reason.'
      WHEN (asked.call ->> 'objectionId' ~ uuids) IS NOT TRUE THEN 'The objectionId is not a UUID.'
      WHEN (asked.call ->> 'itemId' ~ uuids) IS NOT TRUE THEN 'The itemId is not a UUID.'
      WHEN (asked.call ->> 'decision' IN ('approve', 'reject', 'escalate')) IS NOT TRUE THEN 'The decision is one of approve, reject, escalate.'
      WHEN (jsonb_typeof(asked.call -> 'reason') = 'string' AND length(asked.call ->> 'reason') <= 64) IS NOT TRUE
        THEN 'The reason is a text of at most 64 characters.'
      WHEN asked.call ->> 'note' IS NOT NULL AND (jsonb_typeof(asked.call -> 'note') <> 'string' OR length(asked.call ->> 'note') > 4000)
        THEN 'The note is a text of at most 4000 characters.'
    END;
    answer := jsonb_build_object('decisionId', asked.call -> 'objectionId', 'itemId', asked.call -> 'itemId', 'outcome', 'not_allowed', 'message', fault,
      'status', NULL, 'version', NULL, 'paid', 0, 'rejected', 0, 'reversed', 0);
    IF fault IS NULL THEN
      SELECT q.id, i.relationship_id, i.version, q.status, (
        SELECT coalesce(d.on_behalf_of, d.actor) FROM umpire.decisions AS d
        WHERE d.item_id = q.id AND d.decision <> 'undo' AND d.undone_by IS NULL AND d.outcome ->> 'outcome' = 'applied'
        ORDER BY (d.outcome ->> 'version')::int DESC LIMIT 1
      ) AS decided_by INTO stood
      FROM referrals.review_queue AS q JOIN umpire.items AS i ON i.item_id = q.id WHERE q.id = (asked.call ->> 'itemId')::uuid;
      answer := answer || jsonb_build_object('status', stood.status, 'version', stood.version);
      SELECT * INTO known FROM umpire.objections AS o WHERE o.objection_id = (asked.call ->> 'objectionId')::uuid;
      IF known.objection_id IS NULL AND stood.id IS NULL THEN
        answer := answer || jsonb_build_object('outcome', 'unknown', 'message', 'There is no such item.');
      ELSIF known.objection_id IS NULL AND NOT EXISTS (
        SELECT 1 FROM umpire.reason_codes AS r WHERE r.code = asked.call ->> 'reason' AND r.decision = asked.call ->> 'decision'
      ) THEN
        answer := answer || jsonb_build_object('message', 'The reason ' || (asked.call ->> 'reason') || ' is not one for this decision.');
      ELSIF known.objection_id IS NULL AND stood.status = 'pending' THEN
        answer := answer || jsonb_build_object('message', 'This case is open: decide it instead of handing it to a lead.');
      ELSIF known.objection_id IS NULL AND stood.decided_by = caller.who THEN
        answer := answer || jsonb_build_object('message', 'What stands is your own decision: take it back instead of handing it to a lead.');
      ELSE
        IF known.objection_id IS NULL THEN
          answer := answer || jsonb_build_object('outcome', 'applied', 'message', NULL);
          -- Whoever sends the same at the same time, or another about the same item, waits here, and finds it.
          INSERT INTO umpire.objections AS o (objection_id, item_id, relationship_id, actor, on_behalf_of, decision, reason, note, outcome, made_at)
          VALUES ((asked.call ->> 'objectionId')::uuid, stood.id, stood.relationship_id, caller.actor, caller.on_behalf_of, asked.call ->> 'decision',
            asked.call ->> 'reason', asked.call ->> 'note', answer, caller.clock)
          ON CONFLICT DO NOTHING;
          IF FOUND THEN made := made || (asked.call ->> 'objectionId')::uuid; END IF;
          SELECT * INTO known FROM umpire.objections AS o WHERE o.objection_id = (asked.call ->> 'objectionId')::uuid;
        END IF;
        IF known.objection_id IS NULL THEN
          answer := answer || jsonb_build_object('outcome', 'not_allowed', 'message', 'You asked leads about this case already.');
        ELSIF (known.item_id, known.decision, known.reason, coalesce(known.note, ''), coalesce(known.on_behalf_of, known.actor))
          = ((asked.call ->> 'itemId')::uuid, asked.call ->> 'decision', asked.call ->> 'reason', coalesce(asked.call ->> 'note', ''), caller.who)
        THEN
          answer := known.outcome;
        ELSE
          answer := answer || jsonb_build_object('outcome', 'not_allowed', 'message', 'This objection id was used before for something else.');
        END IF;
      END IF;
    END IF;
    RETURN NEXT answer;
  END LOOP;
  IF made <> '{}' THEN
    -- By id and item: an objection goes with its item, and the others of its batch are vouched for all the same.
    PERFORM umpire.append_audit('objections', caller.actor, caller.on_behalf_of, jsonb_build_object('items', cardinality(made), 'objections', (
      SELECT jsonb_agg(jsonb_build_object('objection', o.objection_id, 'item', o.item_id, 'digest', umpire.objection_digest(o.objection_id)) ORDER BY o.objection_id)
      FROM umpire.objections AS o WHERE o.objection_id = ANY (made))), caller.clock);
  END IF;
END $$;

-- Ends an objection of somebody else; FALSE where there is none that is open. What stands is decided by decisions alone.
CREATE FUNCTION umpire.settle_objection(objection uuid, clock timestamptz DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  caller record;
BEGIN
  SELECT * INTO caller FROM umpire.caller(NULL, clock, 'lead');
  IF EXISTS (SELECT 1 FROM umpire.objections AS o WHERE o.objection_id = objection AND o.settled_at IS NULL AND coalesce(o.on_behalf_of, o.actor) = caller.who) THEN
    RAISE EXCEPTION 'This is your own objection: another lead settles it.' USING ERRCODE = 'insufficient_privilege';
  END IF;
  UPDATE umpire.objections AS o SET settled_at = caller.clock, settled_by = caller.who WHERE o.objection_id = objection AND o.settled_at IS NULL;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM umpire.append_audit('objection_settled', caller.actor, caller.on_behalf_of, jsonb_build_object('objection', objection), caller.clock);
  RETURN true;
END $$;

-- The five hundred oldest of those that are open, oldest first; for leads.
CREATE FUNCTION umpire.open_objections() RETURNS TABLE (objection_id uuid, item_id uuid, made_by text, at timestamptz, decision text, reason text, note text,
  status text, score integer, priority text, referrer_name text, referee_name text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM umpire.caller(NULL, NULL, 'lead');
  RETURN QUERY
  SELECT o.objection_id, o.item_id, coalesce(o.on_behalf_of, o.actor), o.made_at, o.decision, o.reason, o.note, q.status::text, q.fraud_score,
    q.priority::text, referrer.name, referee.name
  FROM umpire.objections AS o
  JOIN referrals.review_queue AS q ON q.id = o.item_id
  JOIN referrals.relationships AS r ON r.id = q.relationship_id
  JOIN auth.users AS referrer ON referrer.id = r.referrer_id
  JOIN auth.users AS referee ON referee.id = r.referee_id
  WHERE o.settled_at IS NULL ORDER BY o.made_at, o.objection_id LIMIT 500;
END $$;

---------------------------------------------------------------------------------------------------------------------
-- Which of these operations are known here and the caller's own, and whether they wait for a second analyst: a server that was set
-- back has not all that it answered.
CREATE FUNCTION umpire.known_operations(operation_ids uuid[]) RETURNS TABLE (operation_id uuid, waits boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  login text := (SELECT c.who FROM umpire.caller(NULL, NULL, 'viewer') AS c);
BEGIN
  RETURN QUERY
  SELECT d.decision_id, coalesce(d.proposal = 'open', false) FROM umpire.decisions AS d
  WHERE d.decision_id = ANY (known_operations.operation_ids) AND coalesce(d.on_behalf_of, d.actor) = login
  UNION ALL
  SELECT s.decision_id, true FROM umpire.second_opinions AS s WHERE s.decision_id = ANY (known_operations.operation_ids) AND s.who = login
  UNION ALL
  SELECT o.objection_id, false FROM umpire.objections AS o
  WHERE o.objection_id = ANY (known_operations.operation_ids) AND coalesce(o.on_behalf_of, o.actor) = login;
END $$;

---------------------------------------------------------------------------------------------------------------------
-- Users who were erased since then, or ever: evidence of items that did not change may name them, as neighbours in its graph.
CREATE FUNCTION umpire.erased_users(since pg_snapshot) RETURNS TABLE (user_id text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM umpire.caller(NULL, NULL, 'viewer');
  IF erased_users.since IS NULL THEN
    RETURN QUERY SELECT u.user_id FROM umpire.users AS u WHERE u.erased_at IS NOT NULL;
    RETURN;
  END IF;
  RETURN QUERY
  SELECT u.user_id FROM umpire.users AS u
  WHERE u.tx >= pg_snapshot_xmin(erased_users.since) AND NOT pg_visible_in_snapshot(u.tx, erased_users.since)
    AND pg_visible_in_snapshot(u.tx, pg_current_snapshot()) AND u.erased_at IS NOT NULL;
END $$;
