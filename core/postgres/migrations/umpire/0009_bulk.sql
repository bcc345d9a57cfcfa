-- Claims and bulk sessions (SPEC 4). The functions that a login may call are SECURITY DEFINER; who calls is `session_user`.

---------------------------------------------------------------------------------------------------------------------
-- Claims

-- Who works on which item. A claim is a lease by the server's own clock, whatever clock a command was given: it ends by itself.
-- One that ended stays for a while, so that other windows notice (`tx`); whoever comes next clears it away.
CREATE TABLE umpire.claims (
  item_id uuid PRIMARY KEY,
  analyst text NOT NULL,
  claimed_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  -- The transaction of the last change: an item's version does not change when somebody opens it.
  tx xid8 NOT NULL DEFAULT pg_current_xact_id()
);

CREATE FUNCTION umpire.is_lead(role text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT role IN ('lead', 'admin', 'engine', 'owner')
$$;

CREATE FUNCTION umpire.clear_claims() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  DELETE FROM umpire.claims AS c WHERE c.item_id IN (
    SELECT o.item_id FROM umpire.claims AS o WHERE o.expires_at < clock_timestamp() - interval '1 hour'
    ORDER BY o.item_id LIMIT 200 FOR UPDATE SKIP LOCKED
  )
$$;

-- Whether this is an item that somebody of this role decides: one with a lead is for leads.
CREATE FUNCTION umpire.is_open_for(item uuid, role text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (
    SELECT 1 FROM referrals.review_queue AS q
    WHERE q.id = item AND (q.status = 'pending' OR q.status = 'escalated' AND umpire.is_lead(role))
  )
$$;

-- Claims the item, or renews one's own claim. Returns whose it was where it is now the caller's (NULL: nobody's or one's own), and
-- FALSE in `got` where somebody else has it or it is decided. A row that is not to be had is not locked.
CREATE FUNCTION umpire.take_claim(item uuid, who text, role text, take_over boolean, OUT got boolean, OUT taken_from text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  until timestamptz := clock_timestamp() + (SELECT make_interval(mins => s.claim_minutes) FROM umpire.review_settings AS s);
BEGIN
  got := false;
  IF take_over THEN
    SELECT c.analyst INTO taken_from FROM umpire.claims AS c
    WHERE c.item_id = item AND c.analyst <> who AND c.expires_at > clock_timestamp() FOR UPDATE;
  END IF;
  UPDATE umpire.claims AS c SET
    claimed_at = CASE WHEN c.analyst = who AND c.expires_at > clock_timestamp() THEN c.claimed_at ELSE clock_timestamp() END,
    -- A renewal is no news to others.
    tx = CASE WHEN c.analyst = who AND c.expires_at > clock_timestamp() THEN c.tx ELSE pg_current_xact_id() END,
    analyst = who, expires_at = until
  WHERE c.item_id = item AND (take_over OR c.analyst = who OR c.expires_at <= clock_timestamp());
  got := FOUND;
  IF NOT got THEN
    INSERT INTO umpire.claims (item_id, analyst, claimed_at, expires_at) VALUES (item, who, clock_timestamp(), until)
    ON CONFLICT (item_id) DO NOTHING;
    got := FOUND;
  END IF;
  -- Somebody may have claimed and decided it since it was seen to be open: it is nobody's work any more.
  IF got AND NOT umpire.is_open_for(item, role) THEN
    DELETE FROM umpire.claims AS c WHERE c.item_id = item;
    got := false;
    taken_from := NULL;
  END IF;
END $$;

-- Who has the item now, as the contract tells it; NULL when nobody has.
CREATE FUNCTION umpire.claim_of(item uuid, who text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT jsonb_build_object('itemId', c.item_id, 'by', c.analyst, 'until', c.expires_at, 'isMine', c.analyst = who)
  FROM umpire.claims AS c WHERE c.item_id = item AND c.expires_at > clock_timestamp()
$$;

-- Claims an item for work, or goes on working on it; returns who has it now. NULL where there is nothing to decide for the caller.
CREATE FUNCTION umpire.claim_item(item uuid, take_over boolean DEFAULT false) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  c record;
  taken record;
BEGIN
  SELECT * INTO c FROM umpire.caller(NULL, NULL, 'analyst');
  IF NOT umpire.is_open_for(item, c.role) THEN RETURN NULL; END IF;
  PERFORM umpire.clear_claims();
  SELECT * INTO taken FROM umpire.take_claim(item, c.who, c.role, coalesce(take_over, false));
  IF taken.taken_from IS NOT NULL THEN
    PERFORM umpire.append_audit('claim_taken_over', c.actor, c.on_behalf_of,
      jsonb_build_object('itemId', item, 'from', taken.taken_from), c.clock);
  END IF;
  RETURN umpire.claim_of(item, c.who);
END $$;

-- Claims the first of these items, in their order, that nobody else has; NULL when there is none.
CREATE FUNCTION umpire.claim_first(items uuid[]) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  c record;
  candidate uuid;
BEGIN
  SELECT * INTO c FROM umpire.caller(NULL, NULL, 'analyst');
  PERFORM umpire.clear_claims();
  FOREACH candidate IN ARRAY coalesce(items, '{}') LOOP
    CONTINUE WHEN NOT umpire.is_open_for(candidate, c.role)
      OR EXISTS (SELECT 1 FROM umpire.claims AS o WHERE o.item_id = candidate AND o.analyst <> c.who AND o.expires_at > clock_timestamp());
    IF (SELECT t.got FROM umpire.take_claim(candidate, c.who, c.role, false) AS t) THEN RETURN umpire.claim_of(candidate, c.who); END IF;
  END LOOP;
  RETURN NULL;
END $$;

-- Ends one's own claim.
CREATE FUNCTION umpire.release_claim(item uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  c record;
BEGIN
  SELECT * INTO c FROM umpire.caller(NULL, NULL, 'analyst');
  UPDATE umpire.claims AS o SET expires_at = clock_timestamp(), tx = pg_current_xact_id()
  WHERE o.item_id = item AND o.analyst = c.who AND o.expires_at > clock_timestamp();
END $$;

---------------------------------------------------------------------------------------------------------------------
-- Bulk sessions: a choice of items that was frozen when it was made. Running it is deciding them batch by batch, each batch one
-- transaction with its outcomes; what is decided and what is told of it can never differ, whatever is killed when.

CREATE TABLE umpire.bulk_sessions (
  session_id uuid PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('ready', 'running', 'paused', 'cancelled', 'done', 'undoing', 'undone')),
  -- Whose it is: on_behalf_of where there is one, else actor.
  started_by text NOT NULL,
  actor text NOT NULL,
  on_behalf_of text,
  created_at timestamptz NOT NULL,
  -- When nothing was left to decide, or when it was cancelled: from then on it may be undone for a while.
  finished_at timestamptz,
  -- NULL where each item brings its own.
  decision text CHECK (decision IN ('approve', 'reject', 'escalate')),
  reason text,
  note text,
  -- How it was chosen, in words.
  chosen_by text NOT NULL,
  -- Digest of what was asked for: the same call again is the same session, and another one under its id is refused.
  asked text NOT NULL,
  items integer NOT NULL,
  -- Items that have their outcome: those at the positions below it.
  settled integer NOT NULL DEFAULT 0,
  -- While it is undone: items below this position are still to be taken back.
  undo_left integer,
  -- Whether its undo was begun within the time that its maker has for it.
  undo_in_time boolean,
  undone integer NOT NULL DEFAULT 0,
  outcomes jsonb NOT NULL DEFAULT '{}',
  paid bigint NOT NULL DEFAULT 0,
  rejected bigint NOT NULL DEFAULT 0,
  reversed bigint NOT NULL DEFAULT 0,
  -- Server's clock at the last batch: tells a session that runs from one whose program died.
  touched_at timestamptz NOT NULL
);
CREATE INDEX bulk_sessions_created_idx ON umpire.bulk_sessions (created_at);

-- Rows are written twice: room for the second keeps it on the page of the first.
CREATE TABLE umpire.bulk_items (
  session_id uuid NOT NULL REFERENCES umpire.bulk_sessions (session_id) ON DELETE CASCADE,
  -- From 0.
  position integer NOT NULL,
  item_id uuid NOT NULL,
  -- The version when the choice was frozen: an item whose band rose since is returned.
  expected_version integer,
  -- NULL where the session has one for all.
  decision text,
  reason text,
  note text,
  -- Fixed when the choice is frozen, so that a resumed run repeats nothing.
  decision_id uuid NOT NULL,
  outcome text,
  message text,
  paid integer,
  rejected integer,
  reversed integer,
  -- The decision had been made before this session, which therefore does not take it back.
  is_repeated boolean NOT NULL DEFAULT false,
  undo_outcome text,
  undo_message text,
  PRIMARY KEY (session_id, position)
) WITH (fillfactor = 60);

-- Whether what failed may succeed when it is tried again, or fails whatever is tried: then it is not the item's fault.
CREATE FUNCTION umpire.is_passing(state text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT left(state, 2) = ANY ('{08,40,53,55,57,58,XX}')
$$;

-- Locks a session for whoever may run, pause, cancel or undo it: whoever started it, and leads.
CREATE FUNCTION umpire.lock_bulk(session uuid, who text, role text) RETURNS umpire.bulk_sessions
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  s umpire.bulk_sessions;
BEGIN
  SELECT * INTO s FROM umpire.bulk_sessions AS b WHERE b.session_id = session FOR UPDATE;
  IF s.session_id IS NULL THEN
    RAISE EXCEPTION 'There is no bulk session %.', session USING ERRCODE = 'no_data_found';
  END IF;
  IF s.started_by <> who AND NOT umpire.is_lead(role) THEN
    RAISE EXCEPTION 'This bulk session is of %: only they and leads may do this.', s.started_by USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN s;
END $$;

-- The lock of a batch, for what settles second opinions that it gave.
CREATE FUNCTION umpire.lock_sessions(sessions uuid[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM 1 FROM umpire.bulk_sessions AS b WHERE b.session_id = ANY (sessions) ORDER BY b.session_id FOR UPDATE;
END $$;

-- Tells their sessions what became of these second opinions.
CREATE FUNCTION umpire.tell_sessions(opinions umpire.second_opinions[], answers jsonb[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  WITH told AS (
    UPDATE umpire.bulk_items AS k SET outcome = a.answer ->> 'outcome', message = a.answer ->> 'message',
      paid = (a.answer ->> 'paid')::int, rejected = (a.answer ->> 'rejected')::int, reversed = (a.answer ->> 'reversed')::int
    FROM unnest(opinions) AS o JOIN unnest(answers) AS a (answer) ON (a.answer ->> 'decisionId')::uuid = o.decision_id
    WHERE k.session_id = o.session_id AND k.position = o.session_position
    RETURNING k.session_id, k.outcome, k.paid, k.rejected, k.reversed
  )
  UPDATE umpire.bulk_sessions AS b SET
    outcomes = (
      SELECT coalesce(jsonb_object_agg(n.outcome, n.items), '{}') FROM (
        SELECT x.outcome, sum(x.items)::int AS items FROM (
          SELECT e.key AS outcome, e.value::int AS items FROM jsonb_each_text(b.outcomes) AS e
          UNION ALL SELECT t.outcome, 1 FROM told AS t WHERE t.session_id = b.session_id
          UNION ALL SELECT 'awaiting_second', -1 FROM told AS t WHERE t.session_id = b.session_id
        ) AS x GROUP BY x.outcome
      ) AS n WHERE n.items > 0
    ),
    paid = b.paid + s.paid, rejected = b.rejected + s.rejected, reversed = b.reversed + s.reversed
  FROM (SELECT t.session_id, sum(t.paid) AS paid, sum(t.rejected) AS rejected, sum(t.reversed) AS reversed FROM told AS t GROUP BY t.session_id) AS s
  WHERE b.session_id = s.session_id
$$;

-- Freezes a choice. `chosen` is an array of {itemId, decision?, reason?, note?, decisionId?}; with `only_open` what cannot be decided
-- by the caller is left out. The same call again changes nothing.
CREATE FUNCTION umpire.start_bulk(session uuid, chosen jsonb, only_open boolean, decision text, reason text, note text, chosen_by text,
  asked text, on_behalf_of text DEFAULT NULL, clock timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  c record;
  s umpire.bulk_sessions;
  frozen integer;
BEGIN
  SELECT * INTO c FROM umpire.caller(start_bulk.on_behalf_of, start_bulk.clock, 'analyst');
  IF jsonb_typeof(chosen) IS DISTINCT FROM 'array' THEN
    RAISE EXCEPTION 'The items of a bulk session come as an array.' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF jsonb_array_length(chosen) > 10000 THEN
    RAISE EXCEPTION 'A bulk session has at most 10,000 items.' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF length(start_bulk.note) > 4000 OR EXISTS (SELECT 1 FROM jsonb_array_elements(chosen) AS x WHERE length(x ->> 'note') > 4000) THEN
    RAISE EXCEPTION 'A note has at most 4,000 characters.' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF start_bulk.chosen_by IS NULL OR length(start_bulk.chosen_by) > 500 THEN
    RAISE EXCEPTION 'How the items were chosen is told in at most 500 characters.' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- A file brings its own, and each line its own answer.
  IF start_bulk.decision IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM umpire.reason_codes AS r WHERE r.code = start_bulk.reason AND r.decision = start_bulk.decision AND r.is_active
  ) THEN
    RAISE EXCEPTION 'The reason % is not one for this decision.', start_bulk.reason USING ERRCODE = 'invalid_parameter_value';
  END IF;
  INSERT INTO umpire.bulk_sessions (session_id, state, started_by, actor, on_behalf_of, created_at, decision, reason, note, chosen_by, asked, items, touched_at)
  VALUES (session, 'ready', c.who, c.actor, c.on_behalf_of, c.clock, start_bulk.decision, start_bulk.reason, start_bulk.note,
    start_bulk.chosen_by, start_bulk.asked, 0, clock_timestamp())
  ON CONFLICT (session_id) DO NOTHING;
  IF NOT FOUND THEN
    SELECT * INTO s FROM umpire.bulk_sessions AS b WHERE b.session_id = session;
    IF (s.asked, s.started_by) <> (start_bulk.asked, c.who) THEN
      RAISE EXCEPTION 'This session id was used before for something else.' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN;
  END IF;
  INSERT INTO umpire.bulk_items (session_id, position, item_id, expected_version, decision, reason, note, decision_id)
  SELECT session, row_number() OVER (ORDER BY x.position) - 1, x."itemId", i.version, x.decision, x.reason, x.note, coalesce(x."decisionId", gen_random_uuid())
  FROM ROWS FROM (jsonb_to_recordset(chosen) AS ("itemId" uuid, decision text, reason text, note text, "decisionId" uuid))
    WITH ORDINALITY AS x ("itemId", decision, reason, note, "decisionId", position)
  LEFT JOIN umpire.items AS i ON i.item_id = x."itemId"
  LEFT JOIN referrals.review_queue AS q ON q.id = x."itemId"
  WHERE NOT only_open OR i.item_id IS NOT NULL AND (q.status = 'pending' OR q.status = 'escalated' AND umpire.is_lead(c.role));
  GET DIAGNOSTICS frozen = ROW_COUNT;
  IF frozen = 0 THEN
    RAISE EXCEPTION 'Nothing that is open was chosen.' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  UPDATE umpire.bulk_sessions AS b SET items = frozen WHERE b.session_id = session;
  PERFORM umpire.append_audit('bulk', c.actor, c.on_behalf_of, jsonb_build_object('action', 'started', 'sessionId', session,
    -- The decision only in the digest: leads read the log, and are blind to what may wait for a second analyst.
    'items', frozen, 'digest', (
      SELECT encode(sha256(convert_to(string_agg(concat_ws(' ', k.item_id, k.expected_version, coalesce(k.decision, start_bulk.decision),
          coalesce(k.reason, start_bulk.reason), k.decision_id), E'\n' ORDER BY k.position), 'UTF8')), 'hex')
      FROM umpire.bulk_items AS k WHERE k.session_id = session)), c.clock);
END $$;

-- Lets a session run, from where it stands; returns its state. Its items are decided by umpire.run_bulk.
CREATE FUNCTION umpire.begin_bulk(session uuid, on_behalf_of text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  c record;
  s umpire.bulk_sessions;
BEGIN
  SELECT * INTO c FROM umpire.caller(on_behalf_of, NULL, 'analyst');
  s := umpire.lock_bulk(session, c.who, c.role);
  IF s.state NOT IN ('ready', 'paused', 'running', 'done') THEN
    RAISE EXCEPTION 'This bulk session is %, and cannot run.', s.state USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF s.state = 'done' THEN RETURN 'done'; END IF;
  UPDATE umpire.bulk_sessions AS b SET state = 'running', touched_at = clock_timestamp() WHERE b.session_id = session;
  RETURN 'running';
END $$;

-- Decides the next items of a running session, at most so many, in one transaction with their outcomes; returns its state then.
-- Nothing is done where it does not run (any more). A second runner waits for the first one's batch and takes the next.
CREATE FUNCTION umpire.run_bulk(session uuid, most integer, on_behalf_of text DEFAULT NULL, clock timestamptz DEFAULT NULL) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  c record;
  s umpire.bulk_sessions;
  next integer;
  after text;
  calls jsonb;
  positions integer[];
  answers jsonb[];
BEGIN
  SELECT * INTO c FROM umpire.caller(run_bulk.on_behalf_of, run_bulk.clock, 'analyst');
  PERFORM umpire.settle(NULL, c.who, c.clock);
  s := umpire.lock_bulk(session, c.who, c.role);
  IF s.state <> 'running' THEN RETURN s.state; END IF;
  next := least(s.items, s.settled + greatest(most, 1));

  -- Whoever works on an item goes on undisturbed. A decision that was made before is only told again.
  UPDATE umpire.bulk_items AS k SET outcome = 'not_allowed', message = l.analyst || ' is working on it.', paid = 0, rejected = 0, reversed = 0
  FROM umpire.claims AS l
  WHERE k.session_id = session AND k.position >= s.settled AND k.position < next
    AND l.item_id = k.item_id AND l.analyst <> c.who AND l.expires_at > clock_timestamp()
    AND NOT EXISTS (SELECT 1 FROM umpire.decisions AS d WHERE d.decision_id = k.decision_id);
  UPDATE umpire.bulk_items AS k SET is_repeated = true
  FROM umpire.decisions AS d
  WHERE k.session_id = session AND k.position >= s.settled AND k.position < next AND d.decision_id = k.decision_id;

  SELECT jsonb_agg(jsonb_build_object('decisionId', k.decision_id, 'itemId', k.item_id, 'expectedVersion', k.expected_version,
      'decision', coalesce(k.decision, s.decision), 'reason', coalesce(k.reason, s.reason), 'note', coalesce(k.note, s.note)) ORDER BY k.position),
    array_agg(k.position ORDER BY k.position)
  INTO calls, positions
  FROM umpire.bulk_items AS k
  WHERE k.session_id = session AND k.position >= s.settled AND k.position < next AND k.outcome IS NULL;
  IF calls IS NOT NULL THEN
    BEGIN
      SELECT array_agg(d.answer ORDER BY d.n) INTO answers
      FROM umpire.decide(calls, c.actor, c.on_behalf_of, umpire.is_lead(c.role), c.clock) WITH ORDINALITY AS d (answer, n);
    EXCEPTION WHEN OTHERS THEN
      IF umpire.is_passing(SQLSTATE) THEN RAISE; END IF;
      -- One that fails does not hold up the others: each by itself, and its failure is its answer.
      answers := '{}';
      FOR nth IN 0 .. jsonb_array_length(calls) - 1 LOOP
        BEGIN
          answers := answers || (SELECT d FROM umpire.decide(jsonb_build_array(calls -> nth), c.actor, c.on_behalf_of, umpire.is_lead(c.role), c.clock) AS d);
        EXCEPTION WHEN OTHERS THEN
          IF umpire.is_passing(SQLSTATE) THEN RAISE; END IF;
          answers := answers || jsonb_build_object('outcome', 'not_allowed', 'message', 'It failed: ' || SQLERRM, 'paid', 0, 'rejected', 0, 'reversed', 0);
        END;
      END LOOP;
    END;
    UPDATE umpire.bulk_items AS k SET outcome = a.answer ->> 'outcome', message = a.answer ->> 'message',
      paid = (a.answer ->> 'paid')::int, rejected = (a.answer ->> 'rejected')::int, reversed = (a.answer ->> 'reversed')::int
    FROM unnest(positions, answers) AS a (position, answer)
    WHERE k.session_id = session AND k.position = a.position;
    UPDATE umpire.second_opinions AS o SET session_id = session, session_position = a.position
    FROM unnest(positions, answers) AS a (position, answer)
    WHERE a.answer ->> 'outcome' = 'awaiting_second' AND o.decision_id = (a.answer ->> 'decisionId')::uuid AND o.session_id IS NULL;
  END IF;

  after := CASE WHEN next = s.items THEN 'done' ELSE 'running' END;
  UPDATE umpire.bulk_sessions AS b SET state = after, settled = next, touched_at = clock_timestamp(),
    finished_at = CASE WHEN after = 'done' THEN c.clock END,
    outcomes = t.outcomes, paid = b.paid + t.paid, rejected = b.rejected + t.rejected, reversed = b.reversed + t.reversed
  FROM (
    SELECT jsonb_object_agg(o.outcome, o.items) AS outcomes, sum(o.paid) AS paid, sum(o.rejected) AS rejected, sum(o.reversed) AS reversed
    FROM (
      SELECT x.outcome, sum(x.items)::int AS items, sum(x.paid) AS paid, sum(x.rejected) AS rejected, sum(x.reversed) AS reversed
      FROM (
        SELECT k.outcome, count(*) AS items, coalesce(sum(k.paid) FILTER (WHERE NOT k.is_repeated), 0) AS paid,
          coalesce(sum(k.rejected) FILTER (WHERE NOT k.is_repeated), 0) AS rejected,
          coalesce(sum(k.reversed) FILTER (WHERE NOT k.is_repeated), 0) AS reversed
        FROM umpire.bulk_items AS k WHERE k.session_id = session AND k.position >= s.settled AND k.position < next GROUP BY k.outcome
        UNION ALL
        SELECT e.key, e.value::int, 0, 0, 0 FROM jsonb_each_text(s.outcomes) AS e
      ) AS x GROUP BY x.outcome
    ) AS o
  ) AS t
  WHERE b.session_id = session;
  RETURN after;
END $$;

-- After the batch at hand.
CREATE FUNCTION umpire.pause_bulk(session uuid, on_behalf_of text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  c record;
  s umpire.bulk_sessions;
BEGIN
  SELECT * INTO c FROM umpire.caller(on_behalf_of, NULL, 'analyst');
  s := umpire.lock_bulk(session, c.who, c.role);
  IF s.state <> 'running' THEN RETURN s.state; END IF;
  UPDATE umpire.bulk_sessions AS b SET state = 'paused' WHERE b.session_id = session;
  RETURN 'paused';
END $$;

-- Ends a session for good; what it decided stands.
CREATE FUNCTION umpire.cancel_bulk(session uuid, on_behalf_of text DEFAULT NULL, clock timestamptz DEFAULT NULL) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  c record;
  s umpire.bulk_sessions;
BEGIN
  SELECT * INTO c FROM umpire.caller(on_behalf_of, clock, 'analyst');
  s := umpire.lock_bulk(session, c.who, c.role);
  IF s.state = 'cancelled' THEN RETURN s.state; END IF;
  IF s.state NOT IN ('ready', 'running', 'paused') THEN
    RAISE EXCEPTION 'This bulk session is % already.', s.state USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  UPDATE umpire.bulk_sessions AS b SET state = 'cancelled', finished_at = c.clock WHERE b.session_id = session;
  PERFORM umpire.append_audit('bulk', c.actor, c.on_behalf_of,
    jsonb_build_object('action', 'cancelled', 'sessionId', session, 'settled', s.settled, 'items', s.items), c.clock);
  RETURN 'cancelled';
END $$;

-- Takes back what a finished session decided, the last first, at most so many items in one transaction; returns its state then.
-- Its maker may begin this within the time for an undo after the session finished, whenever its items were decided; a lead at
-- any time. What was begun may be completed.
CREATE FUNCTION umpire.undo_bulk(session uuid, most integer, on_behalf_of text DEFAULT NULL, clock timestamptz DEFAULT NULL) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  c record;
  s umpire.bulk_sessions;
  first integer;
  after text;
  calls jsonb;
  positions integer[];
  answers jsonb[];
BEGIN
  SELECT * INTO c FROM umpire.caller(undo_bulk.on_behalf_of, undo_bulk.clock, 'analyst');
  PERFORM umpire.settle(NULL, (SELECT b.started_by FROM umpire.bulk_sessions AS b WHERE b.session_id = session), c.clock);
  s := umpire.lock_bulk(session, c.who, c.role);
  IF s.state = 'undone' THEN RETURN s.state; END IF;
  IF s.state NOT IN ('done', 'cancelled', 'undoing') THEN
    RAISE EXCEPTION 'This bulk session is %: cancel it first.', s.state USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF s.state <> 'undoing' THEN
    s.undo_in_time := c.clock <= s.finished_at + (SELECT make_interval(mins => r.undo_minutes) FROM umpire.review_settings AS r);
    IF NOT s.undo_in_time AND NOT umpire.is_lead(c.role) THEN
      RAISE EXCEPTION 'The time to undo this bulk session is over: a lead can reverse it.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    s.undo_left := s.settled;
  END IF;
  first := greatest(0, s.undo_left - greatest(most, 1));

  SELECT jsonb_agg(jsonb_build_object('undoId', md5('undo of ' || k.decision_id)::uuid, 'decisionId', k.decision_id) ORDER BY k.position DESC),
    array_agg(k.position ORDER BY k.position DESC)
  INTO calls, positions
  FROM umpire.bulk_items AS k
  WHERE k.session_id = session AND k.position >= first AND k.position < s.undo_left
    AND k.outcome IN ('applied', 'awaiting_second') AND NOT k.is_repeated;
  IF calls IS NOT NULL THEN
    BEGIN
      SELECT array_agg(d.answer ORDER BY d.n) INTO answers
      FROM umpire.undo(calls, c.actor, c.on_behalf_of, umpire.is_lead(c.role), c.clock,
        CASE WHEN s.undo_in_time THEN c.clock ELSE '-infinity' END) WITH ORDINALITY AS d (answer, n);
    EXCEPTION WHEN OTHERS THEN
      IF umpire.is_passing(SQLSTATE) THEN RAISE; END IF;
      answers := '{}';
      FOR nth IN 0 .. jsonb_array_length(calls) - 1 LOOP
        BEGIN
          answers := answers || (SELECT d FROM umpire.undo(jsonb_build_array(calls -> nth), c.actor, c.on_behalf_of, umpire.is_lead(c.role), c.clock,
            CASE WHEN s.undo_in_time THEN c.clock ELSE '-infinity' END) AS d);
        EXCEPTION WHEN OTHERS THEN
          IF umpire.is_passing(SQLSTATE) THEN RAISE; END IF;
          answers := answers || jsonb_build_object('outcome', 'not_allowed', 'message', 'It failed: ' || SQLERRM);
        END;
      END LOOP;
    END;
    UPDATE umpire.bulk_items AS k SET undo_outcome = a.answer ->> 'outcome', undo_message = a.answer ->> 'message'
    FROM unnest(positions, answers) AS a (position, answer)
    WHERE k.session_id = session AND k.position = a.position;
  END IF;

  after := CASE WHEN first = 0 THEN 'undone' ELSE 'undoing' END;
  UPDATE umpire.bulk_sessions AS b SET state = after, undo_left = first, undo_in_time = s.undo_in_time, touched_at = clock_timestamp(),
    undone = b.undone + (
      SELECT count(*)::int FROM umpire.bulk_items AS k
      WHERE k.session_id = session AND k.position >= first AND k.position < s.undo_left AND k.undo_outcome IN ('applied', 'agreed'))
  WHERE b.session_id = session;
  IF s.state <> 'undoing' THEN
    PERFORM umpire.append_audit('bulk', c.actor, c.on_behalf_of,
      jsonb_build_object('action', 'undone', 'sessionId', session, 'settled', s.settled, 'items', s.items), c.clock);
  END IF;
  RETURN after;
END $$;

-- What a login may read of bulk sessions: its own; owner and engine all. Others those that are over, and a lead those that are not
-- over too where no decision takes a second analyst; but none of whose decisions waits for one, who must not know of the first
-- (SPEC 4). A session whose program died is told as paused.
CREATE VIEW umpire.bulk_sessions_seen WITH (security_barrier) AS
SELECT s.session_id, s.started_by, s.created_at, s.finished_at, s.decision, s.reason, s.note, s.chosen_by, s.items, s.settled, s.undone,
  s.outcomes, s.paid, s.rejected, s.reversed,
  CASE WHEN s.state = 'running' AND s.touched_at < statement_timestamp() - interval '30 seconds' THEN 'paused' ELSE s.state END AS state,
  s.started_by = session_user OR l.is_lead AS is_mine
FROM umpire.bulk_sessions AS s CROSS JOIN (
  SELECT k.role IN ('owner', 'engine') AS sees_all, coalesce(umpire.is_lead(k.role), false) AS is_lead,
    (SELECT r.second_review_above IS NULL AND r.second_review_share = 0 FROM umpire.review_settings AS r) AS takes_one
  FROM (SELECT umpire.login_role() AS role OFFSET 0) AS k OFFSET 0
) AS l
WHERE s.started_by = session_user OR l.sees_all
  OR (l.is_lead AND l.takes_one OR s.state IN ('done', 'cancelled', 'undoing', 'undone'))
    AND (NOT s.outcomes ? 'awaiting_second' OR l.is_lead AND NOT EXISTS (
      SELECT 1 FROM umpire.bulk_items AS k JOIN umpire.decisions AS d ON d.decision_id = k.decision_id
      WHERE k.session_id = s.session_id AND d.proposal = 'open'));

CREATE VIEW umpire.bulk_items_seen WITH (security_barrier) AS
SELECT k.session_id, k.position, k.item_id, coalesce(k.decision, s.decision) AS decision, coalesce(k.reason, s.reason) AS reason,
  coalesce(k.note, s.note) AS note, k.decision_id, k.outcome, k.message, k.paid, k.rejected, k.reversed, k.is_repeated, k.undo_outcome, k.undo_message
FROM umpire.bulk_items AS k JOIN umpire.bulk_sessions_seen AS s ON s.session_id = k.session_id;

-- What a run would do now with each item that is still waiting, in words and in credits. Reads only. Whether somebody else's proposal
-- waits for a second analyst is not told: such an item is one that will wait (SPEC 4, blind). `most` is the size of the run's batches: a
-- rejection lowers the tiers that later ones are worth.
CREATE FUNCTION umpire.preview_bulk(session uuid, most integer, on_behalf_of text DEFAULT NULL, clock timestamptz DEFAULT NULL)
RETURNS TABLE (place integer, item uuid, verdict text, skip text, paid bigint, rejected bigint, reversed bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  c record;
  s umpire.bulk_sessions;
  is_owned boolean := (SELECT w.mode = 'programme' FROM umpire.workspace AS w);
  payable uuid[];
  places integer[];
  items uuid[];
  relationships uuid[];
  decisions text[];
  verdicts text[];
  analysts text[];
  -- Referrals that are rejected, and in which batch.
  refused uuid[];
  batches integer[];
BEGIN
  SELECT * INTO c FROM umpire.caller(preview_bulk.on_behalf_of, preview_bulk.clock, 'analyst');
  SELECT * INTO s FROM umpire.bulk_sessions AS b WHERE b.session_id = session;
  IF s.session_id IS NULL OR s.started_by <> c.who AND NOT umpire.is_lead(c.role) THEN
    RAISE EXCEPTION 'There is no bulk session % of yours.', session USING ERRCODE = 'no_data_found';
  END IF;

  -- Of the fraud holds that approvals would pay: those whose claim's time has come.
  SELECT array_agg(p.bonus_id) INTO payable FROM umpire.payable_at((
    SELECT array_agg(b.id) FROM umpire.bulk_items AS k
    JOIN umpire.items AS i ON i.item_id = k.item_id
    JOIN referrals.bonus_events AS b ON b.relationship_id = i.relationship_id AND b.status = 'held' AND b.hold_reason <> 'rate_limited'
    WHERE k.session_id = session AND k.position >= s.settled AND coalesce(k.decision, s.decision) = 'approve'
  )) AS p WHERE p.at <= c.clock OR NOT p.is_limited;

  -- As arrays, whose length the planner knows: of rows that were written just now it has no idea.
  WITH wanted AS MATERIALIZED (
    SELECT k.position, k.item_id, k.expected_version, k.decision_id, coalesce(k.decision, s.decision) AS decision, coalesce(k.reason, s.reason) AS reason
    FROM umpire.bulk_items AS k WHERE k.session_id = session AND k.position >= s.settled AND k.outcome IS NULL
  )
  SELECT array_agg(j.position), array_agg(j.item_id), array_agg(j.relationship_id), array_agg(j.decision), array_agg(j.verdict), array_agg(j.analyst)
  INTO places, items, relationships, decisions, verdicts, analysts
  FROM (
    SELECT w.position, w.item_id, w.decision, i.relationship_id, l.analyst,
      CASE
        WHEN d.decision_id IS NOT NULL THEN 'repeated'
        WHEN l.analyst IS NOT NULL THEN 'claimed'
        WHEN i.item_id IS NULL OR q.id IS NULL THEN 'unknown'
        WHEN rc.code IS NULL THEN 'reason'
        WHEN sc.relationship_id IS NULL THEN 'unscored'
        WHEN row_number() OVER (PARTITION BY w.item_id ORDER BY w.position) > 1 THEN 'twice'
        WHEN q.status::text = CASE w.decision WHEN 'approve' THEN 'approved' WHEN 'reject' THEN 'rejected' ELSE 'escalated' END THEN 'agreed'
        WHEN q.status IN ('approved', 'rejected') THEN 'conflict'
        WHEN q.status = 'escalated' AND NOT umpire.is_lead(c.role) THEN 'lead'
        WHEN q.status = 'escalated' AND w.decision <> 'escalate' AND n.item_id IS NOT NULL AND c.who = umpire.escalated_by(w.item_id) THEN 'own_escalation'
        WHEN w.expected_version < i.raised_version THEN 'returned'
        WHEN q.status = 'escalated' OR w.decision = 'escalate' OR n.item_id IS NULL THEN 'applied'
        WHEN p.decision = w.decision THEN 'waits'
        WHEN p.decision IS NOT NULL THEN 'own_waits'
        ELSE 'awaiting_second'
      END AS verdict
    FROM wanted AS w
    LEFT JOIN umpire.items AS i ON i.item_id = w.item_id
    LEFT JOIN referrals.review_queue AS q ON q.id = w.item_id
    LEFT JOIN umpire.scores AS sc ON sc.relationship_id = i.relationship_id
    LEFT JOIN umpire.decisions AS d ON d.decision_id = w.decision_id
    LEFT JOIN umpire.reason_codes AS rc ON rc.code = w.reason AND rc.decision = w.decision AND rc.is_active
    LEFT JOIN umpire.claims AS l ON l.item_id = w.item_id AND l.analyst <> c.who AND l.expires_at > clock_timestamp()
    LEFT JOIN umpire.second_needed((SELECT array_agg(DISTINCT a.item_id) FROM wanted AS a), c.clock, c.who) AS n ON n.item_id = w.item_id
    LEFT JOIN umpire.decisions AS p ON p.item_id = w.item_id AND p.proposal = 'open' AND coalesce(p.on_behalf_of, p.actor) = c.who
      AND (p.outcome ->> 'version')::int >= i.raised_version
  ) AS j;
  SELECT array_agg(j.relationship_id), array_agg((j.position - s.settled) / greatest(most, 1)) INTO refused, batches
  FROM unnest(places, relationships, decisions, verdicts) AS j (position, relationship_id, decision, verdict)
  WHERE is_owned AND j.verdict = 'applied' AND j.decision = 'reject';

  RETURN QUERY
  WITH judged AS (
    SELECT * FROM unnest(places, items, relationships, decisions, verdicts, analysts) AS j (position, item_id, relationship_id, decision, verdict, analyst)
  ),
  -- What an unpaid bonus is worth when its batch and those before it are rejected.
  lowered AS MATERIALIZED (
    SELECT n.id, floor(n.credits_base * umpire.multiplier_of(umpire.tier_of(n.qualified)) + 0.5)::int AS credits
    FROM (
      SELECT b.id, b.credits_base, count(o.relationship_id) FILTER (WHERE k.relationship_id IS NULL)::int AS qualified
      FROM unnest(refused, batches) AS x (relationship_id, batch)
      JOIN umpire.referrals AS r ON r.relationship_id = x.relationship_id
      JOIN referrals.bonus_events AS b ON b.relationship_id = x.relationship_id AND b.user_id = r.referrer_id
        AND b.status IN ('held', 'pending') AND b.tier_at_time <> 'bronze'
      JOIN umpire.bonuses AS f ON f.bonus_id = b.id
      LEFT JOIN umpire.referrals AS o ON o.referrer_id = r.referrer_id AND o.qualified_at IS NOT NULL AND NOT o.is_rejected
        AND (o.qualified_at, o.qualified_event) < (f.at, f.event_id) AND o.relationship_id <> b.relationship_id
      LEFT JOIN unnest(refused, batches) AS k (relationship_id, batch) ON k.relationship_id = o.relationship_id AND k.batch <= x.batch
      GROUP BY b.id
    ) AS n
  ),
  credits AS MATERIALIZED (
    SELECT j.position,
      sum(b.credits_final) FILTER (WHERE j.decision = 'approve' AND p.id IS NOT NULL) AS paid,
      sum(coalesce(w.credits, b.credits_final)) FILTER (WHERE j.decision = 'reject' AND b.status IN ('held', 'pending')) AS rejected,
      sum(b.credits_final) FILTER (WHERE j.decision = 'reject' AND is_owned AND b.status = 'paid' AND b.released_at > c.clock - interval '7 days') AS reversed
    FROM judged AS j JOIN referrals.bonus_events AS b ON b.relationship_id = j.relationship_id
    LEFT JOIN unnest(payable) AS p (id) ON p.id = b.id
    LEFT JOIN lowered AS w ON w.id = b.id
    WHERE j.verdict = 'applied' GROUP BY j.position
  )
  SELECT j.position, j.item_id, j.verdict,
    CASE j.verdict
      WHEN 'repeated' THEN 'Decided before under the same id'
      WHEN 'claimed' THEN j.analyst || ' is working on it'
      WHEN 'unknown' THEN 'There is no such item'
      WHEN 'reason' THEN 'The reason is not one for this decision'
      WHEN 'twice' THEN 'Stands in the session more than once'
      WHEN 'agreed' THEN 'Decided the same way already'
      WHEN 'conflict' THEN 'Decided differently already'
      WHEN 'lead' THEN 'With a lead'
      WHEN 'own_escalation' THEN 'You escalated it yourself: it needs another lead'
      WHEN 'returned' THEN 'Its band rose since it was chosen'
      WHEN 'waits' THEN 'Your decision waits for a second analyst'
      WHEN 'own_waits' THEN 'Your other decision waits for a second analyst'
      WHEN 'unscored' THEN 'Its referral has not been scored'
    END,
    coalesce(m.paid, 0), coalesce(m.rejected, 0), coalesce(m.reversed, 0)
  FROM judged AS j LEFT JOIN credits AS m ON m.position = j.position ORDER BY j.position;
END $$;
