-- Decisions that can be taken back, a second pair of eyes, and what was known when something was decided (SPEC 4). The order
-- of locks is that of 0001 with the fingerprints before it, as an import takes them: fingerprints by id, umpire.dirty,
-- umpire.referrals by id, bonus_events by id, credits.balances by user id, user_tiers, and the chain lock last.

ALTER TABLE umpire.decisions
  -- Decisions and undos written together: what one entry of the audit log vouches for.
  ADD COLUMN batch uuid,
  -- Of an undo: the decision that it takes back.
  ADD COLUMN undoes uuid,
  ADD COLUMN undo_kind text CHECK (undo_kind IN ('withdrawal', 'undo', 'reversal')),
  -- The undo that took this one back.
  ADD COLUMN undone_by uuid,
  -- Of a decision that waited for a second analyst. `returned`: the band rose meanwhile.
  ADD COLUMN proposal text CHECK (proposal IN ('open', 'agreed', 'disagreed', 'superseded', 'withdrawn', 'returned')),
  -- The decision or undo that ended the waiting.
  ADD COLUMN closed_by uuid,
  -- The item's notes until then. This and the note may go; their digest stays, and so does the chain.
  ADD COLUMN notes_before text,
  ADD COLUMN note_salt text,
  ADD COLUMN note_digest text,
  -- What an undo puts back, of everything but the bonuses.
  ADD COLUMN before jsonb,
  -- What was found of every bonus of the referral, and what was done with it: umpire.decision_effects reads it.
  ADD COLUMN effects jsonb,
  -- What was known: the key in umpire.known_evidence.
  ADD COLUMN evidence_digest text,
  -- The end of umpire.money_log as it was found: rows of this referral behind it are of this decision or later.
  ADD COLUMN log_position bigint,
  -- The transaction that wrote it: it tells what was made before a first opinion, and is news to whoever made it.
  ADD COLUMN tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  DROP CONSTRAINT decisions_decision_check,
  ADD CONSTRAINT decisions_decision_check CHECK (decision IN ('approve', 'reject', 'escalate', 'undo'));
CREATE INDEX decisions_batch_idx ON umpire.decisions (batch);
CREATE UNIQUE INDEX decisions_open_idx ON umpire.decisions (item_id) WHERE proposal = 'open';
CREATE UNIQUE INDEX decisions_undone_idx ON umpire.decisions (undoes) WHERE undo_kind IS NOT NULL;

-- What a decision or an undo found and did, one row a bonus of the referral. Credits are those that moved. `deferred`: its fraud
-- hold ended and it waits for its claim's time. `held`, `pending`: so again, by an undo.
CREATE VIEW umpire.decision_effects AS
SELECT d.decision_id, e."bonusId" AS bonus_id, e.done, e.status AS status_before, e."holdReason" AS hold_reason_before,
  e."holdUntil" AS hold_until_before, e.credits
FROM umpire.decisions AS d
CROSS JOIN LATERAL jsonb_to_recordset(d.effects) AS e ("bonusId" uuid, done text, status text, "holdReason" text, "holdUntil" timestamptz, credits integer);

-- Signals, points and evidence as they stood when something was decided. Erasing reduces them and takes the salt, so that
-- the digest, which decisions keep, does not tell what was there.
CREATE TABLE umpire.known_evidence (
  digest text PRIMARY KEY,
  relationship_id uuid NOT NULL,
  -- As in umpire.scores; after an erasure the digest instead.
  evidence_hash text NOT NULL,
  salt text,
  -- [{signal, points, evidence}], most points first.
  signals jsonb NOT NULL,
  UNIQUE (relationship_id, evidence_hash)
);

CREATE FUNCTION umpire.evidence_digest(salt text, signals jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT encode(sha256(convert_to(salt || signals::text, 'UTF8')), 'hex')
$$;

-- NULL where there is nothing to digest.
CREATE FUNCTION umpire.note_digest(salt text, note text, notes_before text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT encode(sha256(convert_to(salt || ROW(note, notes_before)::text, 'UTF8')), 'hex')
  WHERE note IS NOT NULL OR notes_before IS NOT NULL
$$;

-- SHA-256 over everything of a batch that never changes. What was taken back or closed since is told by later rows.
CREATE FUNCTION umpire.decisions_digest(batch uuid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT encode(sha256(convert_to(coalesce(string_agg(ROW(
    d.decision_id, d.item_id, d.relationship_id, d.actor, d.on_behalf_of, d.decision, d.reason, d.note_digest, d.band, d.score, d.rule_set_version,
    d.expected_version, d.outcome, (extract(epoch FROM d.decided_at) * 1000000)::bigint, d.batch, d.undoes, d.undo_kind, d.before, d.effects, d.evidence_digest,
    d.log_position
  )::text, E'\n' ORDER BY d.decision_id), ''), 'UTF8')), 'hex')
  FROM umpire.decisions AS d WHERE d.batch = decisions_digest.batch
$$;

-- Decisions that were made before there was a log are vouched for from here on.
DO $$
DECLARE
  made constant uuid := gen_random_uuid();
  decisions integer;
BEGIN
  UPDATE umpire.decisions SET batch = made, note_salt = CASE WHEN note IS NOT NULL THEN gen_random_uuid()::text END;
  GET DIAGNOSTICS decisions = ROW_COUNT;
  UPDATE umpire.decisions SET note_digest = umpire.note_digest(note_salt, note, NULL) WHERE note IS NOT NULL;
  IF decisions > 0 THEN
    PERFORM umpire.append_audit('decisions', session_user, NULL,
      jsonb_build_object('batch', made, 'items', decisions, 'digest', umpire.decisions_digest(made), 'earlier', true), now());
  END IF;
END $$;
ALTER TABLE umpire.decisions ALTER COLUMN batch SET NOT NULL;

---------------------------------------------------------------------------------------------------------------------
-- A second pair of eyes

-- What was decided about an item on which somebody else's proposal waits, until a later transaction settles it. In its own it is
-- answered as a first opinion is: whoever then rolled back would have learned what the first one says.
CREATE TABLE umpire.second_opinions (
  decision_id uuid PRIMARY KEY,
  item_id uuid NOT NULL,
  -- on_behalf_of where there is one, else actor.
  who text NOT NULL,
  actor text NOT NULL,
  on_behalf_of text,
  is_lead boolean NOT NULL,
  expected_version integer,
  decision text NOT NULL,
  reason text NOT NULL,
  note text,
  -- What it was answered.
  outcome jsonb NOT NULL,
  -- Within its call.
  position integer NOT NULL,
  given_at timestamptz NOT NULL,
  -- The bulk session that gave it, and its position there.
  session_id uuid,
  session_position integer,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  UNIQUE (item_id, who)
);

CREATE FUNCTION umpire.in_second_sample(item_id uuid, salt text, share numeric) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT ('x' || substr(md5(salt || ':' || item_id), 1, 8))::bit(32)::bigint / 4294967296.0 < share
$$;

-- Which of these items need a second analyst, for what is at stake at `clock` or by chance. Of those that are pending, that is. For
-- `who`, those too on which somebody else's proposal waits: it is answered, whatever the settings say by now. Each once.
CREATE FUNCTION umpire.second_needed(item_ids uuid[], clock timestamptz, who text DEFAULT NULL) RETURNS TABLE (item_id uuid)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  settings umpire.review_settings;
BEGIN
  SELECT * INTO STRICT settings FROM umpire.review_settings;
  RETURN QUERY
  SELECT p.item_id FROM umpire.decisions AS p JOIN umpire.items AS i ON i.item_id = p.item_id
  WHERE p.proposal = 'open' AND p.item_id = ANY (second_needed.item_ids) AND coalesce(p.on_behalf_of, p.actor) <> second_needed.who
    AND (p.outcome ->> 'version')::int >= i.raised_version
  UNION
  SELECT x.id FROM unnest(second_needed.item_ids) AS x (id)
  WHERE settings.second_review_share > 0 AND umpire.in_second_sample(x.id, settings.second_review_salt, settings.second_review_share)
  UNION
  SELECT i.item_id FROM unnest(second_needed.item_ids) AS x (id)
  JOIN umpire.items AS i ON i.item_id = x.id
  JOIN referrals.bonus_events AS b ON b.relationship_id = i.relationship_id
  WHERE settings.second_review_above IS NOT NULL
    AND (b.status IN ('pending', 'held')
      OR b.status = 'paid' AND b.released_at > second_needed.clock - interval '7 days' AND NOT umpire.observes())
  GROUP BY i.item_id HAVING sum(b.credits_final) > max(settings.second_review_above);
END $$;

-- Whoever escalated this item last, unless that was taken back; NULL where nobody did: two analysts who disagreed are none of them.
CREATE FUNCTION umpire.escalated_by(item uuid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(d.on_behalf_of, d.actor) FROM umpire.decisions AS d
  WHERE d.item_id = item AND d.decision = 'escalate' AND d.undone_by IS NULL AND d.outcome ->> 'outcome' = 'applied'
  ORDER BY (d.outcome ->> 'version')::int DESC LIMIT 1
$$;

-- What is held for the second analyst is held for its band again.
CREATE FUNCTION umpire.end_second_review(relationship_ids uuid[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  UPDATE referrals.bonus_events AS b SET hold_reason = 'fraud_' || s.held_band,
    hold_until = CASE s.held_band WHEN 'medium' THEN s.first_held_at + interval '48 hours' END
  FROM unnest(relationship_ids) AS x (id) JOIN umpire.scores AS s ON s.relationship_id = x.id
  WHERE b.relationship_id = x.id AND b.status = 'held' AND b.hold_reason = 'second_review'
$$;

-- `needed`, `mine` or `none` for each of these items, as the caller may know it: of somebody else's proposal nothing.
CREATE FUNCTION umpire.second_reviews(item_ids uuid[], clock timestamptz DEFAULT NULL) RETURNS TABLE (item_id uuid, state text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  caller record;
BEGIN
  SELECT * INTO caller FROM umpire.caller(NULL, NULL, 'viewer');
  RETURN QUERY
  SELECT i.item_id, CASE
    WHEN q.status <> 'pending' THEN 'none'
    WHEN EXISTS (
      SELECT 1 FROM umpire.decisions AS p
      WHERE p.item_id = i.item_id AND p.proposal = 'open' AND coalesce(p.on_behalf_of, p.actor) = caller.who
    ) OR EXISTS (SELECT 1 FROM umpire.second_opinions AS o WHERE o.item_id = i.item_id AND o.who = caller.who) THEN 'mine'
    WHEN n.item_id IS NOT NULL THEN 'needed'
    ELSE 'none'
  END
  FROM unnest(second_reviews.item_ids) AS x (id)
  JOIN umpire.items AS i ON i.item_id = x.id
  JOIN referrals.review_queue AS q ON q.id = i.item_id
  LEFT JOIN umpire.second_needed(second_reviews.item_ids, coalesce(second_reviews.clock, caller.clock), caller.who) AS n ON n.item_id = i.item_id;
END $$;

-- The decisions on a referral that the caller may see, oldest first: those that took effect, one's own that waits, and for
-- leads those of two analysts who disagreed. `undo`: as what the caller could take it back at `clock`.
CREATE FUNCTION umpire.decisions_on(relationship uuid, clock timestamptz DEFAULT NULL)
RETURNS TABLE (decision_id uuid, item_id uuid, at timestamptz, made_by text, decision text, reason text, note text, state text,
  undone_at timestamptz, undone_by text, undone_note text, undo text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  caller record;
  at_clock timestamptz;
  minutes integer := (SELECT s.undo_minutes FROM umpire.review_settings AS s);
BEGIN
  SELECT * INTO caller FROM umpire.caller(NULL, NULL, 'viewer');
  at_clock := coalesce(decisions_on.clock, caller.clock);
  RETURN QUERY
  SELECT d.decision_id, d.item_id, d.decided_at, k.who, d.decision, d.reason, d.note, k.state,
    u.decided_at, coalesce(u.on_behalf_of, u.actor), u.note,
    CASE
      WHEN caller.role = 'viewer' THEN NULL
      WHEN k.state = 'waiting' THEN 'withdrawal'
      WHEN k.state <> 'applied' OR d.before IS NULL OR t.decision_id IS NULL THEN NULL
      WHEN k.who = caller.who AND at_clock <= d.decided_at + make_interval(mins => minutes) THEN 'undo'
      WHEN caller.role <> 'analyst' THEN 'reversal'
    END
  FROM umpire.decisions AS d
  LEFT JOIN umpire.decisions AS u ON u.decision_id = d.undone_by
  LEFT JOIN umpire.standing_decisions(
    (SELECT array_agg(a.decision_id) FROM umpire.decisions AS a WHERE a.relationship_id = decisions_on.relationship)) AS t ON t.decision_id = d.decision_id
  CROSS JOIN LATERAL (
    SELECT coalesce(d.on_behalf_of, d.actor) AS who, CASE
      WHEN d.outcome ->> 'outcome' = 'applied' THEN CASE WHEN d.undone_by IS NULL THEN 'applied' ELSE 'undone' END
      WHEN d.proposal = 'open' THEN 'waiting'
      WHEN d.proposal = 'disagreed' THEN 'disagreed'
      WHEN EXISTS (SELECT 1 FROM umpire.decisions AS p WHERE p.item_id = d.item_id AND p.closed_by = d.decision_id AND p.proposal = 'disagreed')
        THEN 'disagreed'
    END AS state
  ) AS k
  WHERE d.relationship_id = decisions_on.relationship AND d.decision <> 'undo'
    AND CASE k.state WHEN 'waiting' THEN k.who = caller.who WHEN 'disagreed' THEN caller.role NOT IN ('viewer', 'analyst') ELSE k.state IS NOT NULL END
  ORDER BY d.decided_at, (d.outcome ->> 'version')::int, d.decision_id;
END $$;

-- Those of these decisions whose item is still as they left it: nothing applied to it later, and no other item of the referral since.
CREATE FUNCTION umpire.standing_decisions(decision_ids uuid[]) RETURNS TABLE (decision_id uuid)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT d.decision_id FROM unnest(decision_ids) AS x (id)
  JOIN umpire.decisions AS d ON d.decision_id = x.id
  JOIN referrals.review_queue AS q ON q.id = d.item_id AND q.status::text = d.outcome ->> 'status'
  WHERE NOT EXISTS (
      SELECT 1 FROM umpire.decisions AS l
      WHERE l.item_id = d.item_id AND l.decision <> 'undo' AND l.undone_by IS NULL AND l.outcome ->> 'outcome' = 'applied'
        AND (l.outcome ->> 'version')::int > (d.outcome ->> 'version')::int
    )
    AND NOT EXISTS (
      SELECT 1 FROM referrals.review_queue AS n LEFT JOIN umpire.items AS i ON i.item_id = n.id
      WHERE n.relationship_id = d.relationship_id AND n.id <> d.item_id
        AND (n.status IN ('pending', 'escalated') OR n.created_at > q.created_at OR i.previous_item_id = d.item_id)
    )
$$;

---------------------------------------------------------------------------------------------------------------------
-- Decisions

DROP FUNCTION umpire.decide(jsonb, text, text, timestamptz);
DROP FUNCTION umpire.no_decision(text, text, jsonb);

CREATE TYPE umpire.answer AS (position integer, outcome jsonb);

CREATE TYPE umpire.judged_decision AS (
  position integer,
  decision_id uuid,
  item_id uuid,
  relationship_id uuid,
  expected_version integer,
  decision text,
  reason text,
  note text,
  -- repeated, repeated_here, key_reused, unknown, no_decision, unscored: nothing is written. Otherwise what becomes of it.
  verdict text,
  -- The call of the same item or of the same decision id that this one is answered by.
  first_position integer,
  -- The item's, after this call.
  status text,
  version integer,
  -- The evidence changed within the band since it was looked at.
  is_stale boolean,
  -- The proposal that this one ends, and how; or one's own that waits already.
  proposal_id uuid,
  proposal_end text,
  before jsonb,
  notes_before text
);

-- What was found of a bonus and what is to be done with it.
CREATE TYPE umpire.bonus_plan AS (
  decision_id uuid,
  bonus_id uuid,
  plan text,
  status public.bonus_status,
  hold_reason text,
  hold_until timestamptz,
  -- What it was paid with, where that is taken back: by then it may be worth something else.
  credits integer
);

-- Decides review items: one call takes one or thousands, and answers each with its own outcome, in the order given.
-- `calls` is an array of {decisionId, itemId, expectedVersion?, decision, reason, note?}. A decision id seen before
-- gets its first outcome again and has no second effect; with other content it is `not_allowed`, and so is what is no call at all: that
-- does not stop the others.
CREATE FUNCTION umpire.decide_items(calls jsonb, on_behalf_of text DEFAULT NULL, clock timestamptz DEFAULT NULL) RETURNS SETOF jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  caller record;
  uuids constant text := '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$';
  bad umpire.answer[];
  good jsonb;
BEGIN
  SELECT * INTO caller FROM umpire.caller(on_behalf_of, clock, 'analyst');
  PERFORM umpire.settle(NULL, caller.who, caller.clock);
  IF jsonb_typeof(calls) = 'array' THEN
    SELECT array_agg(ROW(f.position, jsonb_build_object('decisionId', f.call -> 'decisionId', 'itemId', f.call -> 'itemId', 'outcome', 'not_allowed',
      'message', f.fault, 'status', NULL, 'version', NULL, 'paid', 0, 'rejected', 0, 'reversed', 0))::umpire.answer)
    INTO bad
    FROM (
      SELECT c.position::int AS position, c.call, CASE
          WHEN jsonb_typeof(c.call) <> 'object' THEN 'This is no decision: it takes a decisionId, an itemId, a decision and a reason.'
          WHEN (c.call ->> 'decisionId' ~ uuids) IS NOT TRUE THEN 'The decisionId is not a UUID.'
          WHEN (c.call ->> 'itemId' ~ uuids) IS NOT TRUE THEN 'The itemId is not a UUID.'
          WHEN jsonb_typeof(c.call -> 'decision') IS DISTINCT FROM 'string' THEN 'The decision is one of approve, reject, escalate.'
          WHEN c.call ->> 'decision' NOT IN ('approve', 'reject', 'escalate')
            THEN 'There is no such decision as ' || left(c.call ->> 'decision', 64) || ': it is one of approve, reject, escalate.'
          WHEN (jsonb_typeof(c.call -> 'reason') = 'string' AND length(c.call ->> 'reason') <= 64) IS NOT TRUE
            THEN 'The reason is a text of at most 64 characters.'
          WHEN c.call ->> 'expectedVersion' !~ '^[0-9]{1,9}$' THEN 'The expectedVersion is a whole number.'
          WHEN c.call ->> 'note' IS NOT NULL AND (jsonb_typeof(c.call -> 'note') <> 'string' OR length(c.call ->> 'note') > 4000)
            THEN 'The note is a text of at most 4000 characters.'
        END AS fault
      FROM jsonb_array_elements(calls) WITH ORDINALITY AS c (call, position)
    ) AS f WHERE f.fault IS NOT NULL;
  END IF;
  IF bad IS NOT NULL THEN
    SELECT coalesce(jsonb_agg(c.call ORDER BY c.position), '[]') INTO good
    FROM jsonb_array_elements(calls) WITH ORDINALITY AS c (call, position)
    WHERE c.position NOT IN (SELECT b.position FROM unnest(bad) AS b);
    RETURN QUERY
    SELECT coalesce(b.outcome, d.outcome)
    FROM (
      SELECT p.position, count(*) FILTER (WHERE x.position IS NULL) OVER (ORDER BY p.position) AS nth
      FROM generate_series(1, jsonb_array_length(calls)) AS p (position) LEFT JOIN unnest(bad) AS x ON x.position = p.position
    ) AS c
    LEFT JOIN unnest(bad) AS b ON b.position = c.position
    LEFT JOIN umpire.decide(good, caller.actor, caller.on_behalf_of, caller.role <> 'analyst', caller.clock) WITH ORDINALITY AS d (outcome, nth)
      ON b.position IS NULL AND d.nth = c.nth
    ORDER BY c.position;
    RETURN;
  END IF;
  RETURN QUERY SELECT d FROM umpire.decide(calls, caller.actor, caller.on_behalf_of, caller.role <> 'analyst', caller.clock) AS d;
END $$;

-- Settles second opinions that were given in earlier transactions, each as the decision it is: those of whoever calls, or of all for
-- owner and engine; of these items, or of all. Returns their outcomes. What it settles is given for good: it tells nothing that could
-- still be used.
CREATE FUNCTION umpire.settle_opinions(item_ids uuid[] DEFAULT NULL, clock timestamptz DEFAULT NULL) RETURNS SETOF jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  caller record;
BEGIN
  SELECT * INTO caller FROM umpire.caller(NULL, clock, 'analyst');
  RETURN QUERY SELECT s FROM umpire.settle(item_ids, CASE WHEN caller.role NOT IN ('owner', 'engine') THEN caller.who END, caller.clock) AS s;
END $$;

-- Within a transaction of Umpire's own functions; `whose` is NULL for everybody's. Locks are taken in the order of a bulk session's batch.
CREATE FUNCTION umpire.settle(item_ids uuid[], whose text, clock timestamptz) RETURNS SETOF jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  ids uuid[];
  relationships uuid[];
  taken umpire.second_opinions[];
  given record;
  answers jsonb[];
BEGIN
  SELECT array_agg(o.decision_id) INTO ids FROM umpire.second_opinions AS o
  WHERE o.tx <> pg_current_xact_id() AND (whose IS NULL OR o.who = whose) AND (item_ids IS NULL OR o.item_id = ANY (item_ids));
  IF ids IS NULL THEN RETURN; END IF;
  PERFORM umpire.lock_sessions((SELECT array_agg(DISTINCT o.session_id) FROM umpire.second_opinions AS o WHERE o.decision_id = ANY (ids)));
  SELECT array_agg(DISTINCT i.relationship_id) INTO relationships
  FROM umpire.second_opinions AS o JOIN umpire.items AS i ON i.item_id = o.item_id WHERE o.decision_id = ANY (ids);
  PERFORM umpire.lock_for_decisions(relationships, relationships);
  -- Whoever was faster has settled it.
  WITH gone AS (DELETE FROM umpire.second_opinions AS o WHERE o.decision_id = ANY (ids) RETURNING o.*)
  SELECT array_agg(ROW(g.*)::umpire.second_opinions ORDER BY g.given_at, g.tx, g.position) INTO taken FROM gone AS g;
  FOR given IN
    SELECT t.actor, t.on_behalf_of, t.is_lead, jsonb_agg(jsonb_build_object('decisionId', t.decision_id, 'itemId', t.item_id,
      'expectedVersion', t.expected_version, 'decision', t.decision, 'reason', t.reason, 'note', t.note) ORDER BY t.given_at, t.position) AS calls
    FROM unnest(taken) AS t GROUP BY t.tx, t.actor, t.on_behalf_of, t.is_lead ORDER BY min(t.given_at), t.tx
  LOOP
    answers := answers || (SELECT array_agg(d) FROM umpire.decide(given.calls, given.actor, given.on_behalf_of, given.is_lead, clock, true) AS d);
  END LOOP;
  PERFORM umpire.tell_sessions(taken, answers);
  RETURN QUERY SELECT a FROM unnest(answers) AS a;
END $$;

-- Within a transaction of Umpire's own functions, which know who calls. `settling`: these are second opinions that were given before, and
-- the login may be somebody else's than `actor`.
CREATE FUNCTION umpire.decide(calls jsonb, actor text, on_behalf_of text, is_lead boolean, clock timestamptz, settling boolean DEFAULT false)
RETURNS SETOF jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_variable
DECLARE
  asked umpire.decision_call[];
  made constant uuid := gen_random_uuid();
  relationships uuid[];
  refused uuid[];
  -- Items of one referral are decided one after the other.
  rounds integer[];
  last_round integer;
  answers umpire.answer[];
  written integer;
BEGIN
  IF jsonb_typeof(calls) IS DISTINCT FROM 'array' THEN
    RAISE EXCEPTION 'Decisions come as an array.' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT array_agg(ROW(c.decision_id, c.item_id, c.expected_version, c.decision, c.reason, c.note, c.position)::umpire.decision_call ORDER BY c.position)
  INTO asked
  FROM ROWS FROM (
    jsonb_to_recordset(calls) AS ("decisionId" uuid, "itemId" uuid, "expectedVersion" integer, decision text, reason text, note text)
  ) WITH ORDINALITY AS c (decision_id, item_id, expected_version, decision, reason, note, position);
  IF asked IS NULL THEN RETURN; END IF;
  IF EXISTS (
    SELECT 1 FROM unnest(asked) AS c
    WHERE c.decision_id IS NULL OR c.item_id IS NULL OR c.decision IS NULL OR c.reason IS NULL OR length(c.reason) > 64 OR length(c.note) > 4000
  ) THEN
    RAISE EXCEPTION 'A decision has a decisionId, an itemId, a decision, a reason of at most 64 characters, and a note of at most 4000.'
      USING ERRCODE = 'invalid_parameter_value';
  END IF;

  -- What was answered before needs no locks. Locks stay to be seen in the rows: where a first opinion is hidden, they are the same
  -- whatever it says.
  SELECT array_agg(DISTINCT i.relationship_id), array_agg(DISTINCT i.relationship_id) FILTER (WHERE c.decision = 'reject' OR n.item_id IS NOT NULL)
  INTO relationships, refused
  FROM unnest(asked) AS c JOIN umpire.items AS i ON i.item_id = c.item_id
  LEFT JOIN umpire.second_needed((SELECT array_agg(DISTINCT a.item_id) FROM unnest(asked) AS a), clock, coalesce(on_behalf_of, actor)) AS n
    ON n.item_id = c.item_id
  WHERE NOT EXISTS (SELECT 1 FROM umpire.decisions AS d WHERE d.decision_id = c.decision_id);
  PERFORM umpire.lock_for_decisions(relationships, refused);

  SELECT array_agg(n.round ORDER BY n.position), max(n.round) INTO rounds, last_round FROM (
    SELECT c.position, dense_rank() OVER (PARTITION BY coalesce(i.relationship_id, c.item_id) ORDER BY c.item_id)::int AS round
    FROM unnest(asked) AS c LEFT JOIN umpire.items AS i ON i.item_id = c.item_id
  ) AS n;
  FOR r IN 1 .. last_round LOOP
    answers := answers || umpire.decide_round(
      CASE last_round WHEN 1 THEN asked ELSE (SELECT array_agg(c ORDER BY c.position) FROM unnest(asked) AS c WHERE rounds[c.position] = r) END,
      made, actor, on_behalf_of, is_lead, clock, settling);
  END LOOP;

  SELECT count(*) INTO written FROM umpire.decisions AS d WHERE d.batch = made;
  IF written > 0 THEN
    PERFORM umpire.append_audit('decisions', session_user, CASE actor WHEN session_user THEN on_behalf_of ELSE coalesce(on_behalf_of, actor) END,
      jsonb_build_object('batch', made, 'items', written, 'digest', umpire.decisions_digest(made)), clock);
  END IF;
  RETURN QUERY SELECT a.outcome FROM unnest(answers) AS a ORDER BY a.position;
END $$;

-- Locks, in the order of 0001, all that decisions on these referrals touch. Of those that may be rejected or no longer rejected that is
-- their fingerprints, and the unpaid bonuses of their referrers, whose tiers may change.
CREATE FUNCTION umpire.lock_for_decisions(relationships uuid[], refused uuid[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  IF relationships IS NULL THEN RETURN; END IF;
  PERFORM umpire.give_way();
  IF refused IS NOT NULL THEN
    PERFORM 1 FROM referrals.fingerprints AS f
    WHERE f.id IN (SELECT r.fingerprint_id FROM unnest(refused) AS x (id) JOIN umpire.referrals AS r ON r.relationship_id = x.id)
    ORDER BY f.id FOR UPDATE;
  END IF;
  PERFORM 1 FROM umpire.referrals AS r
  WHERE r.relationship_id IN (SELECT x.id FROM unnest(relationships) AS x (id)) ORDER BY r.relationship_id FOR UPDATE;
  IF refused IS NULL OR umpire.observes() THEN
    PERFORM 1 FROM referrals.bonus_events AS b
    WHERE b.relationship_id IN (SELECT x.id FROM unnest(relationships) AS x (id)) ORDER BY b.id FOR UPDATE;
  ELSE
    PERFORM 1 FROM referrals.bonus_events AS b
    WHERE b.id IN (
      SELECT o.id FROM unnest(relationships) AS x (id) JOIN referrals.bonus_events AS o ON o.relationship_id = x.id
      UNION
      SELECT o.id FROM (
        SELECT DISTINCT r.referrer_id FROM unnest(refused) AS x (id) JOIN umpire.referrals AS r ON r.relationship_id = x.id
      ) AS u
      JOIN referrals.bonus_events AS o ON o.user_id = u.referrer_id AND o.status IN ('pending', 'held')
    ) ORDER BY b.id FOR UPDATE;
  END IF;
END $$;

-- Locks balances and tiers of all whom these bonuses and these referrals' referrers concern, for a call that moves credits more than
-- once: each movement alone takes its own in order, and two of them one after the other do not.
CREATE FUNCTION umpire.lock_accounts(bonus_ids uuid[], referred uuid[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  owners text[] := (SELECT array_agg(DISTINCT b.user_id) FROM unnest(bonus_ids) AS x (id) JOIN referrals.bonus_events AS b ON b.id = x.id);
  referrers text[] := (SELECT array_agg(DISTINCT r.referrer_id) FROM unnest(referred) AS x (id) JOIN umpire.referrals AS r ON r.relationship_id = x.id);
BEGIN
  IF owners IS NOT NULL AND umpire.has_ledger() THEN
    INSERT INTO credits.balances (user_id) SELECT u.id FROM unnest(owners) AS u (id) ORDER BY u.id ON CONFLICT DO NOTHING;
    PERFORM 1 FROM credits.balances AS c WHERE c.user_id IN (SELECT u.id FROM unnest(owners) AS u (id)) ORDER BY c.user_id FOR UPDATE;
  END IF;
  PERFORM 1 FROM referrals.user_tiers AS t
  WHERE t.user_id IN (SELECT u.id FROM unnest(owners || referrers) AS u (id)) ORDER BY t.user_id FOR UPDATE;
END $$;

-- At most one item of each referral. Its rows are locked.
CREATE FUNCTION umpire.decide_round(asked umpire.decision_call[], made uuid, actor text, on_behalf_of text, is_lead boolean, clock timestamptz,
  settling boolean) RETURNS umpire.answer[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  who constant text := coalesce(on_behalf_of, actor);
  is_owned constant boolean := NOT umpire.observes();
  judged umpire.judged_decision[];
  -- Those that do something: applied, proposed, disagreed.
  acting umpire.judged_decision[];
  planned umpire.bonus_plan[];
  unflagging uuid[];
  refused uuid[];
  reopened uuid[];
  log_end bigint;
BEGIN
  SELECT array_agg(ROW(j.position, j.decision_id, j.item_id, j.relationship_id, j.expected_version, j.decision, j.reason, j.note,
      CASE
        WHEN j.acting_position < j.position AND j.verdict <> ALL ('{repeated,repeated_here,key_reused,unknown,no_decision,unscored,bad_reason}')
          THEN CASE j.decision WHEN j.acting_decision THEN 'agreed' ELSE 'conflict' END
        ELSE j.verdict
      END,
      CASE j.verdict WHEN 'repeated_here' THEN j.first_position ELSE j.acting_position END,
      CASE WHEN j.acting_position <= j.position THEN j.acting_status ELSE j.status END,
      j.version + CASE WHEN j.acting_position <= j.position AND j.acting_verdict IN ('applied', 'disagreed') THEN 1 ELSE 0 END,
      j.expected_version < j.version, CASE j.verdict WHEN 'waits' THEN coalesce(j.own_opinion, j.proposal_id) ELSE j.proposal_id END,
      CASE
        WHEN j.proposal_id IS NULL OR j.acting_position IS DISTINCT FROM j.position OR j.verdict = 'opinion' THEN NULL
        WHEN NOT j.is_open THEN 'returned'
        WHEN j.verdict = 'disagreed' THEN 'disagreed'
        WHEN j.decision = j.proposed THEN 'agreed'
        ELSE 'superseded'
      END,
      j.before, j.notes_before)::umpire.judged_decision ORDER BY j.position)
  INTO judged
  FROM (
    SELECT f.*,
      max(f.decision) FILTER (WHERE f.position = f.acting_position) OVER item AS acting_decision,
      max(f.verdict) FILTER (WHERE f.position = f.acting_position) OVER item AS acting_verdict,
      max(f.status_after) FILTER (WHERE f.position = f.acting_position) OVER item AS acting_status
    FROM (
      SELECT v.*, min(v.position) FILTER (WHERE v.verdict IN ('applied', 'proposed', 'disagreed', 'opinion')) OVER (PARTITION BY v.item_id) AS acting_position,
        CASE v.verdict
          WHEN 'applied' THEN CASE v.decision WHEN 'approve' THEN 'approved' WHEN 'reject' THEN 'rejected' ELSE 'escalated' END
          WHEN 'disagreed' THEN 'escalated'
          ELSE v.status
        END AS status_after
      FROM (
        SELECT c.*, i.relationship_id, q.status::text AS status, i.version, p.decision_id AS proposal_id, p.decision AS proposed, o.is_open,
          m.decision_id AS own_opinion,
          CASE
            WHEN d.decision_id IS NOT NULL THEN
              CASE WHEN (d.item_id, d.decision, d.reason, coalesce(d.note, ''), coalesce(d.on_behalf_of, d.actor))
                  = (c.item_id, c.decision, c.reason, coalesce(c.note, ''), who)
                THEN 'repeated' ELSE 'key_reused' END
            WHEN e.decision_id IS NOT NULL THEN
              CASE WHEN (e.item_id, e.decision, e.reason, coalesce(e.note, ''), e.who) = (c.item_id, c.decision, c.reason, coalesce(c.note, ''), who)
                THEN 'repeated' ELSE 'key_reused' END
            WHEN c.position > c.first_position THEN CASE WHEN c.same THEN 'repeated_here' ELSE 'key_reused' END
            WHEN i.item_id IS NULL OR q.id IS NULL THEN 'unknown'
            WHEN c.decision NOT IN ('approve', 'reject', 'escalate') THEN 'no_decision'
            WHEN s.relationship_id IS NULL THEN 'unscored'
            WHEN rc.code IS NULL THEN 'bad_reason'
            WHEN q.status IN ('approved', 'rejected') THEN
              CASE WHEN q.status::text = CASE c.decision WHEN 'approve' THEN 'approved' WHEN 'reject' THEN 'rejected' END THEN 'agreed' ELSE 'conflict' END
            WHEN q.status = 'escalated' AND c.decision = 'escalate' THEN 'agreed'
            -- Who looked at it before it went there has decided differently; who knew it may not decide.
            WHEN q.status = 'escalated' AND NOT is_lead THEN CASE WHEN c.expected_version < i.version THEN 'conflict' ELSE 'with_lead' END
            -- Two pairs of eyes are not one lead's.
            WHEN q.status = 'escalated' AND n.item_id IS NOT NULL AND who = umpire.escalated_by(c.item_id) THEN 'own_escalation'
            WHEN c.expected_version > i.version THEN 'no_version'
            -- The band rose after the version that was looked at: it needs a second look.
            WHEN c.expected_version < i.raised_version THEN 'returned'
            WHEN q.status = 'escalated' OR c.decision = 'escalate' OR n.item_id IS NULL THEN 'applied'
            WHEN m.decision_id IS NOT NULL THEN CASE m.decision WHEN c.decision THEN 'waits' ELSE 'own_waits' END
            WHEN NOT coalesce(o.is_open, false) THEN 'proposed'
            WHEN coalesce(p.on_behalf_of, p.actor) = who THEN CASE p.decision WHEN c.decision THEN 'waits' ELSE 'own_waits' END
            WHEN NOT settling THEN 'opinion'
            WHEN p.decision = c.decision THEN 'applied'
            ELSE 'disagreed'
          END AS verdict,
          jsonb_build_object('status', q.status, 'assignedTo', q.assigned_to, 'reviewedAt', q.reviewed_at, 'isFlagged', rel.is_flagged,
            'isRejected', r.is_rejected, 'approvedBand', s.approved_band, 'heldBand', s.held_band) AS before,
          q.notes AS notes_before
        FROM (
          SELECT a.*, min(a.position) OVER key AS first_position,
            (a.item_id, a.decision, a.reason, coalesce(a.note, '')) = (first_value(a.item_id) OVER key, first_value(a.decision) OVER key,
              first_value(a.reason) OVER key, first_value(coalesce(a.note, '')) OVER key) AS same
          FROM unnest(asked) AS a WINDOW key AS (PARTITION BY a.decision_id ORDER BY a.position)
        ) AS c
        LEFT JOIN umpire.items AS i ON i.item_id = c.item_id
        LEFT JOIN referrals.review_queue AS q ON q.id = c.item_id
        LEFT JOIN umpire.scores AS s ON s.relationship_id = i.relationship_id
        LEFT JOIN umpire.referrals AS r ON r.relationship_id = i.relationship_id
        LEFT JOIN referrals.relationships AS rel ON rel.id = i.relationship_id
        LEFT JOIN umpire.decisions AS d ON d.decision_id = c.decision_id
        LEFT JOIN umpire.second_opinions AS e ON e.decision_id = c.decision_id
        LEFT JOIN umpire.second_opinions AS m ON m.item_id = c.item_id AND m.who = who
        LEFT JOIN umpire.reason_codes AS rc ON rc.code = c.reason AND rc.decision = c.decision AND rc.is_active
        LEFT JOIN umpire.second_needed((SELECT array_agg(DISTINCT a.item_id) FROM unnest(asked) AS a), clock, who) AS n ON n.item_id = c.item_id
        LEFT JOIN umpire.decisions AS p ON p.item_id = c.item_id AND p.proposal = 'open'
        CROSS JOIN LATERAL (SELECT (p.outcome ->> 'version')::int >= i.raised_version AS is_open) AS o
      ) AS v
    ) AS f
    WINDOW item AS (PARTITION BY f.item_id)
  ) AS j;

  SELECT array_agg(j) INTO acting FROM unnest(judged) AS j WHERE j.verdict IN ('applied', 'proposed', 'disagreed');
  IF acting IS NOT NULL THEN
    -- No row of these referrals is written by anybody else until this transaction ends.
    log_end := (SELECT CASE WHEN l.is_called THEN l.last_value ELSE 0 END FROM umpire.money_log_id_seq AS l);

    SELECT array_agg(ROW(j.decision_id, b.id, CASE
        WHEN j.decision = 'approve' AND b.status = 'held' AND (b.hold_reason LIKE 'fraud\_%' OR b.hold_reason = 'second_review') THEN 'pay'
        WHEN j.decision = 'reject' AND b.status IN ('held', 'pending') THEN 'reject'
        WHEN j.decision = 'reject' AND is_owned AND b.status = 'paid' AND b.released_at > clock - interval '7 days' THEN 'reverse'
        ELSE 'none'
      END, b.status, b.hold_reason, b.hold_until, NULL)::umpire.bonus_plan)
    INTO planned
    FROM unnest(acting) AS j JOIN referrals.bonus_events AS b ON b.relationship_id = j.relationship_id WHERE j.verdict = 'applied';

    SELECT array_agg(j.relationship_id) FILTER (WHERE j.decision = 'approve'), array_agg(j.relationship_id) FILTER (WHERE j.decision = 'reject')
    INTO unflagging, refused FROM unnest(acting) AS j WHERE j.verdict = 'applied';

    IF unflagging IS NOT NULL THEN
      UPDATE umpire.scores AS s SET approved_band = s.band, held_band = s.band FROM unnest(unflagging) AS x (id) WHERE s.relationship_id = x.id;
      UPDATE referrals.relationships AS r SET is_flagged = false, updated_at = clock FROM unnest(unflagging) AS x (id) WHERE r.id = x.id AND r.is_flagged;
    END IF;
    IF refused IS NOT NULL THEN
      UPDATE referrals.relationships AS r SET is_flagged = true, updated_at = clock FROM unnest(refused) AS x (id) WHERE r.id = x.id AND NOT r.is_flagged;
      UPDATE referrals.fingerprints AS f SET flagged_count = f.flagged_count + n.flagged
      FROM (
        SELECT r.fingerprint_id, count(*)::int AS flagged FROM unnest(refused) AS x (id) JOIN umpire.referrals AS r ON r.relationship_id = x.id
        WHERE NOT r.is_rejected GROUP BY r.fingerprint_id
      ) AS n WHERE f.id = n.fingerprint_id;
      UPDATE umpire.referrals AS r SET is_rejected = true FROM unnest(refused) AS x (id) WHERE r.relationship_id = x.id AND NOT r.is_rejected;
      -- Tiers first: what moves is worth what they say now.
      PERFORM umpire.retier_bonuses(array_agg(r.referrer_id), array_agg(r.qualified_at))
      FROM unnest(refused) AS x (id) JOIN umpire.referrals AS r ON r.relationship_id = x.id WHERE is_owned AND r.qualified_at IS NOT NULL;
    END IF;
    IF refused IS NOT NULL THEN
      PERFORM umpire.lock_accounts((SELECT array_agg(p.bonus_id) FROM unnest(planned) AS p WHERE p.plan IN ('pay', 'reverse')), refused);
    END IF;
    PERFORM umpire.pay_bonuses((SELECT array_agg(p.bonus_id) FROM unnest(planned) AS p WHERE p.plan = 'pay'), clock);
    PERFORM umpire.reject_bonuses((SELECT array_agg(p.bonus_id) FROM unnest(planned) AS p WHERE p.plan = 'reject'), clock);
    PERFORM umpire.reverse_bonuses((SELECT array_agg(p.bonus_id) FROM unnest(planned) AS p WHERE p.plan = 'reverse'), clock);
    IF refused IS NOT NULL AND is_owned THEN
      PERFORM umpire.recount_tiers(array_agg(r.referrer_id), clock)
      FROM unnest(refused) AS x (id) JOIN umpire.referrals AS r ON r.relationship_id = x.id WHERE r.qualified_at IS NOT NULL;
    END IF;

    -- A first opinion is no other version, and no news: whoever is to be second must not know of it (SPEC 4).
    UPDATE umpire.items AS i SET version = i.version + 1, tx = pg_current_xact_id()
    FROM unnest(acting) AS j WHERE i.item_id = j.item_id AND j.verdict <> 'proposed';
    UPDATE referrals.review_queue AS q SET
      status = j.status::public.review_status,
      reviewed_at = CASE WHEN j.status = 'escalated' THEN q.reviewed_at ELSE clock END,
      assigned_to = CASE WHEN j.verdict = 'applied' THEN who ELSE q.assigned_to END,
      notes = CASE WHEN j.verdict = 'applied' THEN coalesce(j.note, q.notes) ELSE q.notes END
    FROM unnest(acting) AS j WHERE q.id = j.item_id AND j.verdict <> 'proposed';

    UPDATE referrals.bonus_events AS b SET hold_reason = 'second_review', hold_until = NULL
    FROM unnest(acting) AS j
    WHERE j.verdict = 'proposed' AND b.relationship_id = j.relationship_id AND b.status = 'held' AND b.hold_reason LIKE 'fraud\_%';
    UPDATE umpire.decisions AS p SET proposal = j.proposal_end, closed_by = CASE WHEN j.proposal_end <> 'returned' THEN j.decision_id END
    FROM unnest(acting) AS j WHERE p.decision_id = j.proposal_id;
    SELECT array_agg(j.relationship_id) INTO reopened FROM unnest(acting) AS j WHERE j.proposal_id IS NOT NULL AND j.status = 'escalated';
    IF reopened IS NOT NULL THEN PERFORM umpire.end_second_review(reopened); END IF;
    PERFORM umpire.keep_evidence((SELECT array_agg(DISTINCT j.relationship_id) FROM unnest(acting) AS j));
  END IF;

  INSERT INTO umpire.decisions (decision_id, item_id, relationship_id, actor, on_behalf_of, decision, reason, note, band, score, rule_set_version,
    expected_version, outcome, decided_at, batch, proposal, notes_before, note_salt, note_digest, before, effects, evidence_digest, log_position)
  SELECT j.decision_id, j.item_id, j.relationship_id, actor, on_behalf_of, j.decision, j.reason, j.note, j.band, j.score, j.rule_set_version,
    j.expected_version, j.outcome, clock, made, CASE j.verdict WHEN 'proposed' THEN 'open' END, j.notes_before, j.salt,
    CASE WHEN j.note IS NOT NULL OR j.notes_before IS NOT NULL THEN umpire.note_digest(j.salt, j.note, j.notes_before) END, j.before, j.effects, j.digest, CASE WHEN j.before IS NOT NULL THEN log_end END
  FROM (
    SELECT j.decision_id, j.item_id, j.relationship_id, j.decision, j.reason, j.note, j.expected_version, j.verdict,
      s.band, s.score, s.rule_set_version, k.digest, gen_random_uuid()::text AS salt, m.effects,
      CASE WHEN j.verdict = 'applied' THEN j.notes_before END AS notes_before, CASE WHEN j.verdict = 'applied' THEN j.before END AS before,
      jsonb_build_object(
        'outcome', CASE j.verdict
          WHEN 'proposed' THEN 'awaiting_second' WHEN 'waits' THEN 'awaiting_second' WHEN 'own_waits' THEN 'not_allowed' WHEN 'with_lead' THEN 'not_allowed'
          WHEN 'bad_reason' THEN 'not_allowed'
          WHEN 'own_escalation' THEN 'not_allowed' WHEN 'no_version' THEN 'not_allowed'
          WHEN 'disagreed' THEN 'conflict' ELSE j.verdict END,
        'message', CASE j.verdict
          WHEN 'applied' THEN CASE WHEN j.is_stale THEN 'Its evidence changed within the band since it was looked at.' END
          WHEN 'agreed' THEN 'This was decided the same way before.'
          WHEN 'conflict' THEN 'This was decided differently before: ' || j.status || '.'
          WHEN 'returned' THEN 'The band rose after this was looked at: look again.'
          WHEN 'bad_reason' THEN 'The reason ' || j.reason || ' is not one for this decision.'
          WHEN 'with_lead' THEN 'It is with a lead.'
          WHEN 'no_version' THEN 'There is no version ' || j.expected_version || ' of this item.'
          WHEN 'own_escalation' THEN 'You escalated it yourself: it needs another lead.'
          WHEN 'proposed' THEN 'It takes effect when a second analyst decides the same.'
          WHEN 'waits' THEN 'It takes effect when a second analyst decides the same.'
          WHEN 'own_waits' THEN 'Your other decision waits for a second analyst: withdraw yours first.'
          WHEN 'disagreed' THEN 'Another analyst decided otherwise: it goes to a lead.'
        END,
        'status', j.status, 'version', j.version,
        'paid', coalesce(m.paid, 0), 'rejected', coalesce(m.rejected, 0), 'reversed', coalesce(m.reversed, 0))
        -- What waits is the first one; this one is nothing to take back.
        || CASE j.verdict WHEN 'waits' THEN jsonb_build_object('waiting', j.proposal_id) ELSE '{}' END AS outcome
    FROM unnest(judged) AS j
    JOIN umpire.scores AS s ON s.relationship_id = j.relationship_id
    LEFT JOIN umpire.known_evidence AS k ON k.relationship_id = s.relationship_id AND k.evidence_hash = s.evidence_hash
      AND j.verdict IN ('applied', 'proposed', 'disagreed')
    LEFT JOIN (
      SELECT e.decision_id, sum(e.credits) FILTER (WHERE e.done = 'paid') AS paid, sum(e.credits) FILTER (WHERE e.done = 'rejected') AS rejected,
        sum(e.credits) FILTER (WHERE e.done = 'reversed') AS reversed,
        jsonb_agg(jsonb_build_object('bonusId', e.bonus_id, 'done', e.done, 'status', e.status, 'holdReason', e.hold_reason, 'holdUntil', e.hold_until,
          'credits', e.credits) ORDER BY e.bonus_id) AS effects
      FROM (
        SELECT p.decision_id, p.bonus_id, p.status, p.hold_reason, p.hold_until, b.credits_final AS credits, CASE p.plan
            WHEN 'pay' THEN CASE b.status WHEN 'paid' THEN 'paid' ELSE 'deferred' END
            WHEN 'reject' THEN 'rejected' WHEN 'reverse' THEN 'reversed' ELSE 'none'
          END AS done
        FROM unnest(planned) AS p JOIN referrals.bonus_events AS b ON b.id = p.bonus_id
      ) AS e GROUP BY e.decision_id
    ) AS m ON m.decision_id = j.decision_id
    WHERE j.verdict <> ALL ('{repeated,repeated_here,key_reused,unknown,no_decision,unscored,opinion}')
  ) AS j;
  INSERT INTO umpire.second_opinions (decision_id, item_id, who, actor, on_behalf_of, is_lead, expected_version, decision, reason, note, outcome,
    position, given_at)
  SELECT j.decision_id, j.item_id, who, actor, on_behalf_of, is_lead, j.expected_version, j.decision, j.reason, j.note,
    jsonb_build_object('outcome', 'awaiting_second', 'message', 'It takes effect when a second analyst decides the same.', 'status', j.status,
      'version', j.version, 'paid', 0, 'rejected', 0, 'reversed', 0), j.position, clock
  FROM unnest(judged) AS j WHERE j.verdict = 'opinion';
  -- That of whoever gave an opinion ends as if they had only looked: released, or by itself.
  IF EXISTS (SELECT 1 FROM unnest(judged) AS j WHERE j.verdict IN ('applied', 'disagreed')) THEN
    PERFORM umpire.end_claims((SELECT array_agg(j.item_id) FROM unnest(judged) AS j WHERE j.verdict IN ('applied', 'disagreed')));
  END IF;

  RETURN (
    SELECT array_agg(ROW(j.position, jsonb_build_object('decisionId', j.decision_id, 'itemId', j.item_id) || coalesce(d.outcome, e.outcome, jsonb_build_object(
        'outcome', CASE j.verdict WHEN 'unknown' THEN 'unknown' WHEN 'unscored' THEN 'unknown' ELSE 'not_allowed' END,
        'message', CASE j.verdict
          WHEN 'key_reused' THEN 'This decision id was used before for something else.'
          WHEN 'no_decision' THEN 'There is no such decision as ' || j.decision || '.'
          WHEN 'unknown' THEN 'There is no such item.'
          ELSE 'The referral has not been scored.'
        END,
        'status', j.status, 'version', j.version, 'paid', 0, 'rejected', 0, 'reversed', 0)))::umpire.answer)
    FROM (
      SELECT j.position, j.decision_id, j.item_id, j.decision, coalesce(f.verdict, j.verdict) AS verdict, j.status, j.version
      FROM unnest(judged) AS j LEFT JOIN unnest(judged) AS f ON j.verdict = 'repeated_here' AND f.position = j.first_position
    ) AS j
    LEFT JOIN umpire.decisions AS d ON d.decision_id = j.decision_id AND j.verdict <> 'key_reused'
    LEFT JOIN umpire.second_opinions AS e ON e.decision_id = j.decision_id AND j.verdict <> 'key_reused'
  );
END $$;

-- Keeps what is known of these referrals now.
CREATE FUNCTION umpire.keep_evidence(relationships uuid[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO umpire.known_evidence (digest, relationship_id, evidence_hash, salt, signals)
  -- umpire.evidence_digest, written out: thousands at a time.
  SELECT encode(sha256(convert_to(n.salt || n.signals::text, 'UTF8')), 'hex'), n.relationship_id, n.evidence_hash, n.salt, n.signals
  FROM (
    SELECT s.relationship_id, s.evidence_hash, gen_random_uuid()::text AS salt, coalesce(jsonb_agg(
      jsonb_build_object('signal', e.signal, 'points', e.points, 'evidence', e.evidence) ORDER BY e.points DESC, e.signal) FILTER (WHERE e.signal IS NOT NULL), '[]') AS signals
    FROM unnest(relationships) AS x (id)
    JOIN umpire.scores AS s ON s.relationship_id = x.id
    LEFT JOIN umpire.evidence AS e ON e.relationship_id = x.id
    GROUP BY s.relationship_id, s.evidence_hash
  ) AS n
  ON CONFLICT (relationship_id, evidence_hash) DO NOTHING
$$;

-- Whoever worked on these items has done so.
CREATE FUNCTION umpire.end_claims(item_ids uuid[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- 0009 makes the table.
  IF to_regclass('umpire.claims') IS NOT NULL THEN
    DELETE FROM umpire.claims AS c USING unnest(item_ids) AS x (id) WHERE c.item_id = x.id;
  END IF;
END $$;

---------------------------------------------------------------------------------------------------------------------
-- Undo

CREATE TYPE umpire.undo_call AS (undo_id uuid, decision_id uuid, note text, position integer);

CREATE TYPE umpire.judged_undo AS (
  position integer,
  undo_id uuid,
  decision_id uuid,
  note text,
  item_id uuid,
  relationship_id uuid,
  -- Of the decision that is to be taken back.
  decision text,
  verdict text,
  kind text,
  -- The item's, after this call.
  status text,
  version integer,
  before jsonb,
  notes_before text,
  effects jsonb,
  log_position bigint
);

-- Takes decisions back: `calls` is an array of {undoId, decisionId, note?}, each is answered with its own outcome, in the order
-- given. What was moved is moved back by rows of its own; nothing is deleted. An undo id seen before gets its first outcome again.
CREATE FUNCTION umpire.undo_items(calls jsonb, on_behalf_of text DEFAULT NULL, clock timestamptz DEFAULT NULL) RETURNS SETOF jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  caller record;
BEGIN
  SELECT * INTO caller FROM umpire.caller(on_behalf_of, clock, 'analyst');
  -- What was given in an earlier transaction stands: whoever saw it settled and rolled back would change it knowing the first one.
  PERFORM umpire.settle(NULL, caller.who, caller.clock);
  RETURN QUERY SELECT u FROM umpire.undo(calls, caller.actor, caller.on_behalf_of, caller.role <> 'analyst', caller.clock) AS u;
END $$;

-- Within a transaction of Umpire's own functions, which know who calls. `grace_from`: when the time for an undo began, where that
-- was not when each decision was made.
CREATE FUNCTION umpire.undo(calls jsonb, actor text, on_behalf_of text, is_lead boolean, clock timestamptz, grace_from timestamptz DEFAULT NULL)
RETURNS SETOF jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_variable
DECLARE
  who constant text := coalesce(on_behalf_of, actor);
  asked umpire.undo_call[];
  made constant uuid := gen_random_uuid();
  relationships uuid[];
  applied uuid[];
  refused uuid[];
  -- Decisions on one referral are taken back one after the other.
  rounds integer[];
  last_round integer;
  answers umpire.answer[];
  written integer;
BEGIN
  IF jsonb_typeof(calls) IS DISTINCT FROM 'array' THEN
    RAISE EXCEPTION 'Undos come as an array.' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT array_agg(ROW(c.undo_id, c.decision_id, c.note, c.position)::umpire.undo_call ORDER BY c.position) INTO asked
  FROM ROWS FROM (jsonb_to_recordset(calls) AS ("undoId" uuid, "decisionId" uuid, note text)) WITH ORDINALITY AS c (undo_id, decision_id, note, position);
  IF asked IS NULL THEN RETURN; END IF;
  IF EXISTS (SELECT 1 FROM unnest(asked) AS c WHERE c.undo_id IS NULL OR c.decision_id IS NULL OR length(c.note) > 4000) THEN
    RAISE EXCEPTION 'An undo has an undoId, a decisionId, and a note of at most 4000 characters.' USING ERRCODE = 'invalid_parameter_value';
  END IF;

  SELECT array_agg(DISTINCT d.relationship_id), array_agg(DISTINCT d.relationship_id) FILTER (WHERE d.outcome ->> 'outcome' = 'applied'),
    array_agg(DISTINCT d.relationship_id) FILTER (WHERE d.outcome ->> 'outcome' = 'applied' AND d.decision = 'reject')
  INTO relationships, applied, refused
  FROM unnest(asked) AS c JOIN umpire.decisions AS d ON d.decision_id = c.decision_id
  WHERE d.decision <> 'undo' AND d.undone_by IS NULL AND (is_lead OR coalesce(d.on_behalf_of, d.actor) = who)
    AND NOT EXISTS (SELECT 1 FROM umpire.decisions AS u WHERE u.decision_id = c.undo_id);
  -- One's own second opinion of this very transaction is withdrawn as if it had been a first one; what it was comes to be kept.
  WITH gone AS (
    DELETE FROM umpire.second_opinions AS o USING unnest(asked) AS c
    WHERE o.decision_id = c.decision_id AND o.who = who AND o.tx = pg_current_xact_id()
      AND NOT EXISTS (SELECT 1 FROM umpire.decisions AS u WHERE u.decision_id = c.undo_id)
    RETURNING o.*
  )
  INSERT INTO umpire.decisions (decision_id, item_id, relationship_id, actor, on_behalf_of, decision, reason, note, band, score, rule_set_version,
    expected_version, outcome, decided_at, batch, proposal, note_salt, note_digest)
  SELECT g.decision_id, g.item_id, i.relationship_id, g.actor, g.on_behalf_of, g.decision, g.reason, g.note, s.band, s.score, s.rule_set_version,
    g.expected_version, g.outcome, g.given_at, made, 'withdrawn', n.salt, CASE WHEN g.note IS NOT NULL THEN umpire.note_digest(n.salt, g.note, NULL) END
  FROM (SELECT DISTINCT ON (o.decision_id) o.* FROM gone AS o) AS g
  JOIN umpire.items AS i ON i.item_id = g.item_id JOIN umpire.scores AS s ON s.relationship_id = i.relationship_id
  CROSS JOIN LATERAL (SELECT CASE WHEN g.note IS NOT NULL THEN gen_random_uuid()::text END AS salt) AS n;
  -- The engine settles what the facts say by then.
  PERFORM umpire.mark_dirty(applied);
  PERFORM umpire.lock_for_decisions(relationships, refused);

  SELECT array_agg(n.round ORDER BY n.position), max(n.round) INTO rounds, last_round FROM (
    SELECT c.position, row_number() OVER (
      PARTITION BY CASE WHEN (SELECT count(*) > count(DISTINCT a.undo_id) FROM unnest(asked) AS a) THEN NULL ELSE coalesce(d.relationship_id, c.undo_id) END
      ORDER BY c.position)::int AS round
    FROM unnest(asked) AS c LEFT JOIN umpire.decisions AS d ON d.decision_id = c.decision_id
  ) AS n;
  FOR r IN 1 .. last_round LOOP
    answers := answers || umpire.undo_round(
      CASE last_round WHEN 1 THEN asked ELSE (SELECT array_agg(c ORDER BY c.position) FROM unnest(asked) AS c WHERE rounds[c.position] = r) END,
      made, actor, on_behalf_of, is_lead, clock, grace_from);
  END LOOP;

  SELECT count(*) INTO written FROM umpire.decisions AS d WHERE d.batch = made;
  IF written > 0 THEN
    PERFORM umpire.append_audit('undos', actor, on_behalf_of,
      jsonb_build_object('batch', made, 'items', written, 'digest', umpire.decisions_digest(made)), clock);
  END IF;
  RETURN QUERY SELECT a.outcome FROM unnest(answers) AS a ORDER BY a.position;
END $$;

-- At most one decision of each referral. Its rows are locked.
CREATE FUNCTION umpire.undo_round(asked umpire.undo_call[], made uuid, actor text, on_behalf_of text, is_lead boolean, clock timestamptz,
  grace_from timestamptz) RETURNS umpire.answer[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  who constant text := coalesce(on_behalf_of, actor);
  is_owned constant boolean := NOT umpire.observes();
  grace constant interval := (SELECT make_interval(mins => s.undo_minutes) FROM umpire.review_settings AS s);
  judged umpire.judged_undo[];
  -- Those that do something, but withdrawals.
  acting umpire.judged_undo[];
  withdrawn uuid[];
  planned umpire.bonus_plan[];
BEGIN
  SELECT array_agg(ROW(j.position, j.undo_id, j.decision_id, j.note, j.item_id, j.relationship_id, j.decision, j.verdict,
      CASE j.verdict WHEN 'withdrawn' THEN 'withdrawal' WHEN 'opinion' THEN 'withdrawal' WHEN 'applied' THEN CASE WHEN j.is_own AND j.is_in_time THEN 'undo' ELSE 'reversal' END END,
      CASE j.verdict WHEN 'applied' THEN j.before ->> 'status' ELSE j.status END,
      j.version + CASE j.verdict WHEN 'applied' THEN 1 ELSE 0 END,
      j.before, j.notes_before, j.effects, j.log_position)::umpire.judged_undo ORDER BY j.position)
  INTO judged
  FROM (
    SELECT c.*, t.item_id, t.relationship_id, t.decision, q.status::text AS status, i.version, t.before, t.notes_before, t.effects, t.log_position,
      o.is_own, o.is_in_time,
      CASE
        WHEN u.decision_id IS NOT NULL THEN
          CASE WHEN (u.undoes, coalesce(u.note, ''), coalesce(u.on_behalf_of, u.actor)) = (c.decision_id, coalesce(c.note, ''), who)
            THEN 'repeated' ELSE 'key_reused' END
        WHEN t.decision_id IS NULL THEN 'unknown'
        WHEN t.decision = 'undo' THEN 'is_undo'
        WHEN t.undone_by IS NOT NULL THEN 'agreed'
        WHEN t.proposal = 'withdrawn' THEN 'opinion'
        WHEN t.proposal = 'open' AND (t.outcome ->> 'version')::int >= i.raised_version THEN CASE WHEN o.is_own THEN 'withdrawn' ELSE 'not_own_proposal' END
        WHEN t.outcome ->> 'outcome' <> 'applied' THEN 'no_effect'
        WHEN NOT o.is_own AND NOT is_lead THEN 'not_own'
        WHEN NOT o.is_in_time AND NOT is_lead THEN 'late'
        WHEN l.decision_id IS NULL THEN 'conflict'
        WHEN t.before IS NULL THEN 'too_old'
        ELSE 'applied'
      END AS verdict
    FROM unnest(asked) AS c
    LEFT JOIN umpire.decisions AS u ON u.decision_id = c.undo_id
    LEFT JOIN umpire.decisions AS t ON t.decision_id = c.decision_id
    LEFT JOIN umpire.items AS i ON i.item_id = t.item_id
    LEFT JOIN referrals.review_queue AS q ON q.id = t.item_id
    LEFT JOIN umpire.standing_decisions((SELECT array_agg(DISTINCT a.decision_id) FROM unnest(asked) AS a)) AS l ON l.decision_id = t.decision_id
    CROSS JOIN LATERAL (
      SELECT coalesce(t.on_behalf_of, t.actor) = who AS is_own, clock <= coalesce(grace_from, t.decided_at) + grace AS is_in_time
    ) AS o
  ) AS j;

  SELECT array_agg(j) FILTER (WHERE j.verdict = 'applied'), array_agg(j.relationship_id) FILTER (WHERE j.verdict = 'withdrawn')
  INTO acting, withdrawn FROM unnest(judged) AS j WHERE j.verdict IN ('applied', 'withdrawn');

  IF withdrawn IS NOT NULL THEN PERFORM umpire.end_second_review(withdrawn); END IF;
  IF acting IS NOT NULL THEN
    UPDATE umpire.scores AS s SET approved_band = (j.before ->> 'approvedBand')::public.fraud_severity,
      held_band = greatest(s.held_band, (j.before ->> 'heldBand')::public.fraud_severity)
    FROM unnest(acting) AS j WHERE j.decision = 'approve' AND s.relationship_id = j.relationship_id;
    UPDATE referrals.fingerprints AS f SET flagged_count = f.flagged_count - n.flagged
    FROM (
      SELECT r.fingerprint_id, count(*)::int AS flagged FROM unnest(acting) AS j JOIN umpire.referrals AS r ON r.relationship_id = j.relationship_id
      WHERE j.decision = 'reject' AND r.is_rejected AND NOT (j.before ->> 'isRejected')::boolean GROUP BY r.fingerprint_id
    ) AS n WHERE f.id = n.fingerprint_id;
    UPDATE umpire.referrals AS r SET is_rejected = false FROM unnest(acting) AS j
    WHERE j.decision = 'reject' AND r.relationship_id = j.relationship_id AND r.is_rejected AND NOT (j.before ->> 'isRejected')::boolean;
    UPDATE referrals.relationships AS r SET is_flagged = n.is_flagged, updated_at = clock
    FROM (
      SELECT j.relationship_id, (j.before ->> 'isFlagged')::boolean OR s.held_band = 'critical' AND NOT coalesce(s.held_band <= s.approved_band, false) AS is_flagged
      FROM unnest(acting) AS j JOIN umpire.scores AS s ON s.relationship_id = j.relationship_id WHERE j.decision <> 'escalate'
    ) AS n WHERE r.id = n.relationship_id AND r.is_flagged <> n.is_flagged;

    -- take_back, hold: of an approval. restore, pay, free: of a rejection.
    SELECT array_agg(ROW(j.undo_id, b.id, CASE
        WHEN j.decision = 'approve' AND s.held_band > 'low' AND b.status = 'paid' AND m.was_paid THEN 'take_back'
        WHEN j.decision = 'approve' AND s.held_band > 'low' AND b.status = 'held' AND b.hold_reason = 'rate_limited' THEN 'hold'
        WHEN j.decision = 'reject' AND b.status = 'rejected' AND e.done = 'rejected' THEN 'restore'
        WHEN j.decision = 'reject' AND b.status = 'rejected' AND e.done = 'reversed' THEN 'pay'
        WHEN j.decision = 'reject' AND b.status = 'rejected' AND m.was_rejected THEN 'free'
        ELSE 'none'
      END, b.status, b.hold_reason, b.hold_until, CASE WHEN b.status = 'paid' THEN b.credits_final END)::umpire.bonus_plan)
    INTO planned
    FROM unnest(acting) AS j
    JOIN umpire.scores AS s ON s.relationship_id = j.relationship_id
    JOIN referrals.bonus_events AS b ON b.relationship_id = j.relationship_id
    LEFT JOIN (
      SELECT a.undo_id, x."bonusId" AS bonus_id, x.done FROM unnest(acting) AS a CROSS JOIN LATERAL jsonb_to_recordset(a.effects) AS x ("bonusId" uuid, done text)
    ) AS e ON e.undo_id = j.undo_id AND e.bonus_id = b.id
    LEFT JOIN LATERAL (
      SELECT bool_or(l.transition = 'paid') AS was_paid, bool_or(l.transition = 'rejected') AS was_rejected
      FROM umpire.money_log AS l WHERE l.bonus_id = b.id AND l.id > j.log_position
    ) AS m ON true
    WHERE j.decision <> 'escalate';

    IF EXISTS (SELECT 1 FROM unnest(planned) AS p WHERE p.plan IN ('take_back', 'hold')) THEN
      UPDATE umpire.scores AS s SET first_held_at = clock
      FROM unnest(planned) AS p JOIN referrals.bonus_events AS b ON b.id = p.bonus_id
      WHERE p.plan IN ('take_back', 'hold') AND s.relationship_id = b.relationship_id AND s.first_held_at IS NULL;
    END IF;
    IF EXISTS (SELECT 1 FROM unnest(acting) AS j WHERE j.decision = 'reject') THEN
      PERFORM umpire.lock_accounts((SELECT array_agg(p.bonus_id) FROM unnest(planned) AS p WHERE p.plan IN ('take_back', 'pay')),
        (SELECT array_agg(j.relationship_id) FROM unnest(acting) AS j WHERE j.decision = 'reject'));
    END IF;
    PERFORM umpire.take_back_bonuses((SELECT array_agg(p.bonus_id) FROM unnest(planned) AS p WHERE p.plan = 'take_back'), clock);
    UPDATE referrals.bonus_events AS b SET hold_reason = 'fraud_' || s.held_band,
      hold_until = CASE s.held_band WHEN 'medium' THEN s.first_held_at + interval '48 hours' END
    FROM unnest(planned) AS p, umpire.scores AS s
    WHERE p.plan = 'hold' AND b.id = p.bonus_id AND s.relationship_id = b.relationship_id;
    UPDATE referrals.bonus_events AS b SET status = e.status::public.bonus_status,
      hold_reason = CASE e."holdReason" WHEN 'second_review' THEN 'fraud_' || s.held_band ELSE e."holdReason" END,
      hold_until = CASE WHEN e."holdReason" IS DISTINCT FROM 'second_review' THEN e."holdUntil"
        WHEN s.held_band = 'medium' THEN s.first_held_at + interval '48 hours' END
    FROM unnest(planned) AS p
    JOIN (
      SELECT a.relationship_id, x.* FROM unnest(acting) AS a
      CROSS JOIN LATERAL jsonb_to_recordset(a.effects) AS x ("bonusId" uuid, status text, "holdReason" text, "holdUntil" timestamptz)
    ) AS e ON e."bonusId" = p.bonus_id
    JOIN umpire.scores AS s ON s.relationship_id = e.relationship_id
    WHERE p.plan = 'restore' AND b.id = p.bonus_id;
    UPDATE referrals.bonus_events AS b SET status = 'pending' FROM unnest(planned) AS p WHERE p.plan = 'free' AND b.id = p.bonus_id;

    IF is_owned THEN
      -- What is unpaid again has its place by today's facts and is worth what the tiers say now; what is paid again, what it was paid with.
      PERFORM umpire.place_bonuses((SELECT array_agg(p.bonus_id) FROM unnest(planned) AS p WHERE p.plan IN ('take_back', 'restore', 'free')));
      PERFORM umpire.retier_bonuses(array_agg(r.referrer_id), array_agg(r.qualified_at))
      FROM unnest(acting) AS j JOIN umpire.referrals AS r ON r.relationship_id = j.relationship_id WHERE j.decision = 'reject' AND r.qualified_at IS NOT NULL;
      PERFORM umpire.retier_unpaid((SELECT array_agg(p.bonus_id) FROM unnest(planned) AS p WHERE p.plan IN ('take_back', 'restore', 'free')));
      PERFORM umpire.retime_claims((SELECT array_agg(DISTINCT b.user_id) FROM unnest(planned) AS p JOIN referrals.bonus_events AS b ON b.id = p.bonus_id
        WHERE p.plan = 'restore' AND b.hold_reason = 'rate_limited'));
    END IF;
    PERFORM umpire.log_money((SELECT array_agg(b.id) FROM unnest(planned) AS p JOIN referrals.bonus_events AS b ON b.id = p.bonus_id
      WHERE p.plan IN ('take_back', 'restore') AND b.status = 'held'), 'held', clock);
    PERFORM umpire.repay_bonuses((SELECT array_agg(p.bonus_id) FROM unnest(planned) AS p WHERE p.plan = 'pay'), clock);
    IF is_owned THEN
      PERFORM umpire.recount_tiers(array_agg(r.referrer_id), clock) FROM unnest(acting) AS j JOIN umpire.referrals AS r ON r.relationship_id = j.relationship_id
      WHERE j.decision = 'reject' AND r.qualified_at IS NOT NULL;
    END IF;

    UPDATE referrals.review_queue AS q SET status = j.status::public.review_status, assigned_to = j.before ->> 'assignedTo',
      reviewed_at = (j.before ->> 'reviewedAt')::timestamptz, notes = j.notes_before
    FROM unnest(acting) AS j WHERE q.id = j.item_id;
    UPDATE umpire.items AS i SET version = i.version + 1, tx = pg_current_xact_id() FROM unnest(acting) AS j WHERE i.item_id = j.item_id;
  END IF;

  INSERT INTO umpire.decisions (decision_id, item_id, relationship_id, actor, on_behalf_of, decision, reason, note, band, score, rule_set_version,
    outcome, decided_at, batch, undoes, undo_kind, note_salt, note_digest, effects)
  SELECT n.undo_id, n.item_id, n.relationship_id, actor, on_behalf_of, 'undo', 'undo', n.note, n.band, n.score, n.rule_set_version,
    n.outcome, clock, made, n.decision_id, n.kind, n.salt, CASE WHEN n.note IS NOT NULL THEN umpire.note_digest(n.salt, n.note, NULL) END, n.effects
  FROM (
    SELECT j.undo_id, j.item_id, j.relationship_id, j.note, j.decision_id, j.kind, s.band, s.score, s.rule_set_version, gen_random_uuid()::text AS salt, m.effects,
      jsonb_build_object(
        'outcome', CASE WHEN j.verdict IN ('applied', 'agreed', 'conflict') THEN j.verdict WHEN j.verdict IN ('withdrawn', 'opinion') THEN 'applied' ELSE 'not_allowed' END,
        'kind', j.kind,
        'message', CASE j.verdict
          WHEN 'agreed' THEN 'This was taken back before.'
          WHEN 'is_undo' THEN 'An undo is not undone: decide again.'
          WHEN 'not_own_proposal' THEN 'Only whoever made it may withdraw it.'
          WHEN 'no_effect' THEN 'This decision had no effect: there is nothing to take back.'
          WHEN 'not_own' THEN 'Somebody else decided this: a lead can reverse it.'
          WHEN 'late' THEN 'The time for an undo is over: a lead can reverse it.'
          WHEN 'conflict' THEN CASE WHEN EXISTS (SELECT 1 FROM umpire.items AS o WHERE o.previous_item_id = j.item_id)
            THEN 'The referral came back with a higher band: decide the newer item.'
            ELSE 'The item is no longer as this decision left it.' END
          WHEN 'too_old' THEN 'This was decided before Umpire kept what it takes to undo it.'
        END,
        'status', j.status, 'version', j.version, 'paid', coalesce(m.paid, 0), 'reversed', coalesce(m.reversed, 0)) AS outcome
    FROM unnest(judged) AS j
    JOIN umpire.scores AS s ON s.relationship_id = j.relationship_id
    LEFT JOIN (
      SELECT e.decision_id, sum(e.credits) FILTER (WHERE e.done = 'paid') AS paid, sum(e.credits) FILTER (WHERE e.done = 'reversed') AS reversed,
        jsonb_agg(jsonb_build_object('bonusId', e.bonus_id, 'done', e.done, 'status', e.status, 'holdReason', e.hold_reason, 'holdUntil', e.hold_until,
          'credits', e.credits) ORDER BY e.bonus_id) AS effects
      FROM (
        SELECT p.decision_id, p.bonus_id, p.status, p.hold_reason, p.hold_until, CASE p.plan
            WHEN 'take_back' THEN 'reversed' WHEN 'hold' THEN 'held' WHEN 'restore' THEN b.status::text WHEN 'pay' THEN 'paid' WHEN 'free' THEN 'pending' ELSE 'none'
          END AS done, coalesce(p.credits, b.credits_final) AS credits
        FROM unnest(planned) AS p JOIN referrals.bonus_events AS b ON b.id = p.bonus_id
      ) AS e GROUP BY e.decision_id
    ) AS m ON m.decision_id = j.undo_id
    WHERE j.verdict <> ALL ('{repeated,key_reused,unknown}')
  ) AS n;
  UPDATE umpire.decisions AS d SET undone_by = j.undo_id,
    proposal = CASE j.verdict WHEN 'withdrawn' THEN 'withdrawn' ELSE d.proposal END,
    closed_by = CASE WHEN j.verdict IN ('withdrawn', 'opinion') THEN j.undo_id ELSE d.closed_by END
  FROM unnest(judged) AS j WHERE j.verdict IN ('applied', 'withdrawn', 'opinion') AND d.decision_id = j.decision_id;

  RETURN (
    SELECT array_agg(ROW(j.position, jsonb_build_object('undoId', j.undo_id, 'decisionId', j.decision_id, 'itemId', j.item_id) || coalesce(u.outcome, jsonb_build_object(
        'outcome', CASE j.verdict WHEN 'unknown' THEN 'unknown' ELSE 'not_allowed' END, 'kind', NULL,
        'message', CASE j.verdict WHEN 'unknown' THEN 'There is no such decision.' ELSE 'This undo id was used before for something else.' END,
        'status', j.status, 'version', j.version, 'paid', 0, 'reversed', 0)))::umpire.answer)
    FROM unnest(judged) AS j LEFT JOIN umpire.decisions AS u ON u.decision_id = j.undo_id AND j.verdict <> 'key_reused'
  );
END $$;

---------------------------------------------------------------------------------------------------------------------
-- Movements of bonuses, thousands at a time: no function is called for each row, and no row is carried through an array.

-- Moves the credits of these bonuses, once more for each: `bonus:<id>:<n>` with the next n. They go to `balance`, which may become
-- negative. A key that is there already moves nothing. Without a ledger nothing moves.
CREATE OR REPLACE FUNCTION umpire.move_bonuses(bonus_ids uuid[], kind text, sign integer, what text, clock timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM 1 FROM referrals.bonus_events AS b WHERE b.id = ANY (bonus_ids) ORDER BY b.id FOR UPDATE;
  IF umpire.observes() THEN
    -- The owner may have paid or rejected one since it was chosen: whoever called chooses again.
    IF EXISTS (
      SELECT 1 FROM referrals.bonus_events AS b
      WHERE b.id = ANY (bonus_ids) AND CASE WHEN sign > 0 THEN b.status NOT IN ('pending', 'held') ELSE b.status <> 'paid' END
    ) THEN
      RAISE EXCEPTION 'A bonus was settled by its owner meanwhile.' USING ERRCODE = 'serialization_failure';
    END IF;
    -- The owner may have written it after the last scan.
    INSERT INTO umpire.bonuses (bonus_id, at, event_id)
    SELECT b.id, b.created_at, 'bonus:' || b.id FROM referrals.bonus_events AS b WHERE b.id = ANY (bonus_ids) ORDER BY b.id
    ON CONFLICT DO NOTHING;
  END IF;
  UPDATE umpire.bonuses SET movements = movements + 1 WHERE bonus_id = ANY (bonus_ids);
  IF umpire.has_ledger() THEN
    INSERT INTO credits.balances (user_id)
    SELECT DISTINCT b.user_id FROM referrals.bonus_events AS b WHERE b.id = ANY (bonus_ids) ORDER BY b.user_id
    ON CONFLICT DO NOTHING;
    PERFORM 1 FROM credits.balances AS c
    WHERE c.user_id IN (SELECT b.user_id FROM referrals.bonus_events AS b WHERE b.id = ANY (bonus_ids)) ORDER BY c.user_id FOR UPDATE;
    IF umpire.observes() THEN
      PERFORM umpire.record_openings((SELECT array_agg(DISTINCT b.user_id) FROM referrals.bonus_events AS b WHERE b.id = ANY (bonus_ids)));
    END IF;
    WITH written AS (
      INSERT INTO credits.transactions
        (id, user_id, type, status, amount, balance_before, balance_after, app_id, description, metadata, idempotency_key, created_at, completed_at)
      SELECT md5('transaction:' || m.key)::uuid, m.user_id, kind::public.transaction_type, 'completed', m.amount,
        c.balance + c.free_credits_remaining + sum(m.amount) OVER running - m.amount,
        c.balance + c.free_credits_remaining + sum(m.amount) OVER running,
        m.app_id, m.description, m.metadata, m.key, clock, clock
      FROM (
        SELECT 'bonus:' || b.id || ':' || f.movements AS key, b.user_id, sign * b.credits_final AS amount,
          coalesce(b.app_id, r.source_app_id, 'referrals') AS app_id, what || ' (' || b.event_type || ')' AS description,
          jsonb_build_object('relationshipId', b.relationship_id, 'bonusId', b.id) AS metadata
        FROM referrals.bonus_events AS b
        JOIN umpire.bonuses AS f ON f.bonus_id = b.id
        JOIN referrals.relationships AS r ON r.id = b.relationship_id
        WHERE b.id = ANY (bonus_ids)
      ) AS m
      JOIN credits.balances AS c ON c.user_id = m.user_id
      WHERE NOT EXISTS (SELECT 1 FROM credits.transactions AS t WHERE t.idempotency_key = m.key)
      WINDOW running AS (PARTITION BY m.user_id ORDER BY m.key ROWS UNBOUNDED PRECEDING)
      RETURNING user_id, amount
    )
    UPDATE credits.balances AS c SET balance = c.balance + s.gained, total_earned = c.total_earned + s.gained, version = c.version + 1, updated_at = clock
    FROM (SELECT w.user_id, sum(w.amount) AS gained FROM written AS w GROUP BY w.user_id) AS s
    WHERE c.user_id = s.user_id;
  END IF;
  PERFORM umpire.add_earned(bonus_ids, sign, clock);
END $$;

-- Pays these bonuses, and holds those of them whose time has not come.
CREATE OR REPLACE FUNCTION umpire.pay_bonuses(bonus_ids uuid[], clock timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  has_ledger constant boolean := umpire.has_ledger();
  payable uuid[];
BEGIN
  IF coalesce(cardinality(bonus_ids), 0) = 0 THEN RETURN; END IF;
  payable := umpire.defer_claims(umpire.payable_once(bonus_ids), clock);
  IF cardinality(payable) = 0 THEN RETURN; END IF;
  PERFORM umpire.move_bonuses(payable, 'bonus', 1, 'Referral bonus', clock);
  UPDATE referrals.bonus_events AS b SET status = 'paid', hold_reason = NULL, hold_until = NULL, released_at = clock,
    transaction_id = CASE WHEN has_ledger THEN md5('transaction:bonus:' || b.id || ':' || f.movements)::uuid END
  FROM umpire.bonuses AS f WHERE f.bonus_id = b.id AND b.id = ANY (payable);
  PERFORM umpire.mark_cross_app(payable, true);
  PERFORM umpire.log_money(payable, 'paid', clock);
END $$;

-- Takes paid bonuses back in full.
CREATE OR REPLACE FUNCTION umpire.reverse_bonuses(bonus_ids uuid[], clock timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  has_ledger constant boolean := umpire.has_ledger();
BEGIN
  IF coalesce(cardinality(bonus_ids), 0) = 0 THEN RETURN; END IF;
  PERFORM umpire.move_bonuses(bonus_ids, 'adjustment', -1, 'Referral bonus taken back', clock);
  UPDATE referrals.bonus_events AS b SET status = 'rejected', hold_reason = NULL, hold_until = NULL,
    transaction_id = CASE WHEN has_ledger THEN md5('transaction:bonus:' || b.id || ':' || f.movements)::uuid END
  FROM umpire.bonuses AS f WHERE f.bonus_id = b.id AND b.id = ANY (bonus_ids);
  PERFORM umpire.mark_cross_app(bonus_ids, false);
  PERFORM umpire.log_money(bonus_ids, 'reversed', clock);
END $$;

-- Takes paid bonuses back in full, and holds them for the band of their referral.
CREATE FUNCTION umpire.take_back_bonuses(bonus_ids uuid[], clock timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  has_ledger constant boolean := umpire.has_ledger();
BEGIN
  IF coalesce(cardinality(bonus_ids), 0) = 0 THEN RETURN; END IF;
  PERFORM umpire.move_bonuses(bonus_ids, 'adjustment', -1, 'Referral bonus taken back', clock);
  PERFORM umpire.mark_cross_app(bonus_ids, false);
  PERFORM umpire.log_money(bonus_ids, 'reversed', clock);
  UPDATE referrals.bonus_events AS b SET status = 'held', hold_reason = 'fraud_' || s.held_band,
    hold_until = CASE s.held_band WHEN 'medium' THEN s.first_held_at + interval '48 hours' END,
    transaction_id = CASE WHEN has_ledger THEN md5('transaction:bonus:' || b.id || ':' || f.movements)::uuid END
  FROM umpire.bonuses AS f, umpire.scores AS s WHERE f.bonus_id = b.id AND s.relationship_id = b.relationship_id AND b.id = ANY (bonus_ids);
END $$;

-- Pays again what a rejection took back.
CREATE FUNCTION umpire.repay_bonuses(bonus_ids uuid[], clock timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  has_ledger constant boolean := umpire.has_ledger();
BEGIN
  IF coalesce(cardinality(bonus_ids), 0) = 0 THEN RETURN; END IF;
  PERFORM umpire.move_bonuses(bonus_ids, 'adjustment', 1, 'Referral bonus paid again', clock);
  UPDATE referrals.bonus_events AS b SET status = 'paid', released_at = clock,
    transaction_id = CASE WHEN has_ledger THEN md5('transaction:bonus:' || b.id || ':' || f.movements)::uuid END
  FROM umpire.bonuses AS f WHERE f.bonus_id = b.id AND b.id = ANY (bonus_ids);
  PERFORM umpire.mark_cross_app(bonus_ids, true);
  PERFORM umpire.log_money(bonus_ids, 'paid', clock);
END $$;

-- Tier, multiplier and credits of a referrer's unpaid bonuses from `since` on (SPEC 2). Paid ones are never recomputed, and another
-- service's tiers not at all.
CREATE OR REPLACE FUNCTION umpire.retier_bonuses(referrers text[], since timestamptz[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  unpaid uuid[];
BEGIN
  IF umpire.observes() OR referrers IS NULL THEN RETURN; END IF;
  -- Waits for whoever is paying one; what was paid meanwhile drops out here.
  SELECT array_agg(l.id) INTO unpaid FROM (
    SELECT b.id
    FROM (SELECT x.user_id, min(x.at) AS at FROM unnest(referrers, since) AS x (user_id, at) GROUP BY x.user_id) AS u
    JOIN referrals.bonus_events AS b ON b.user_id = u.user_id AND b.status IN ('pending', 'held')
    JOIN umpire.bonuses AS f ON f.bonus_id = b.id AND f.at >= u.at
    ORDER BY b.id FOR UPDATE OF b
  ) AS l;
  PERFORM umpire.retier_unpaid(unpaid);
END $$;

-- The same for these bonuses, whose rows are locked: the number of referrals qualified before the bonus's (at, id), itself and
-- rejected ones excluded. One that the referrer qualifies for with the bonus's own event is not before it.
CREATE FUNCTION umpire.retier_unpaid(bonus_ids uuid[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
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
  )
  UPDATE referrals.bonus_events AS b SET
    tier_at_time = n.tier,
    tier_multiplier = umpire.multiplier_of(n.tier)::real,
    credits_final = floor(b.credits_base * umpire.multiplier_of(n.tier) + 0.5)::int
  FROM (SELECT c.id, umpire.tier_of(c.qualified::int) AS tier FROM counted AS c WHERE c.id IS NOT NULL) AS n
  WHERE b.id = n.id AND b.tier_at_time <> n.tier;
END $$;

-- The (at, id) that the stages and first uses, as they are now, give these bonuses.
CREATE FUNCTION umpire.bonus_places(bonus_ids uuid[]) RETURNS TABLE (bonus_id uuid, at timestamptz, event_id text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT b.id, p.at, p.event_id
  FROM unnest(bonus_ids) AS x (id)
  JOIN referrals.bonus_events AS b ON b.id = x.id
  JOIN umpire.referrals AS r ON r.relationship_id = b.relationship_id
  JOIN referrals.relationships AS rel ON rel.id = b.relationship_id
  LEFT JOIN LATERAL (
    SELECT u.at, u.event_id FROM umpire.usages AS u
    WHERE b.event_type = 'cross_app' AND u.user_id = r.referee_id AND u.app_id = b.app_id AND u.at >= r.at ORDER BY u.at, u.event_id LIMIT 1
  ) AS used ON true
  CROSS JOIN LATERAL (
    SELECT
      CASE b.event_type WHEN 'registered' THEN r.at WHEN 'activated' THEN rel.activated_at WHEN 'qualified' THEN r.qualified_at
        WHEN 'retained' THEN rel.retained_at ELSE used.at END AS at,
      CASE b.event_type WHEN 'registered' THEN r.event_id WHEN 'activated' THEN r.activated_event WHEN 'qualified' THEN r.qualified_event
        WHEN 'retained' THEN r.retained_event ELSE used.event_id END AS event_id
  ) AS p
  WHERE p.at IS NOT NULL AND p.event_id IS NOT NULL
$$;

-- Gives these bonuses the place that the facts give them: what was paid or rejected did not move while it was.
CREATE FUNCTION umpire.place_bonuses(bonus_ids uuid[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  moved uuid[];
BEGIN
  IF bonus_ids IS NULL OR umpire.observes() THEN RETURN; END IF;
  WITH placed AS (
    UPDATE umpire.bonuses AS f SET at = p.at, event_id = p.event_id
    FROM umpire.bonus_places(bonus_ids) AS p WHERE f.bonus_id = p.bonus_id AND (f.at, f.event_id) <> (p.at, p.event_id)
    RETURNING f.bonus_id, f.at
  ),
  dated AS (
    UPDATE referrals.bonus_events AS b SET created_at = p.at FROM placed AS p WHERE b.id = p.bonus_id
  )
  SELECT array_agg(p.bonus_id) INTO moved FROM placed AS p;
  IF moved IS NOT NULL THEN
    PERFORM umpire.retime_claims((SELECT array_agg(DISTINCT b.user_id) FROM referrals.bonus_events AS b WHERE b.id = ANY (moved)));
  END IF;
END $$;
