-- What analysts are told of opinions, their own and nobody else's: whole functions of 0008, 0009 and 0012 again. Whether a second analyst is
-- needed says nothing of a first opinion that waits; whoever gave it gets its end, also from another computer of theirs; and evidence
-- counts as changed only by what changed it, not by decisions that were taken back; what somebody else took back is looked at again.
-- What one decided oneself and may no longer take back is handed to a lead like anybody else's.

-- `needed`, `mine` or `none` for each of these items, as the caller may know it: of somebody else's proposal nothing.
CREATE OR REPLACE FUNCTION umpire.second_reviews(item_ids uuid[], clock timestamptz DEFAULT NULL) RETURNS TABLE (item_id uuid, state text)
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
  LEFT JOIN umpire.second_needed(second_reviews.item_ids, coalesce(second_reviews.clock, caller.clock)) AS n ON n.item_id = i.item_id;
END $$;

-- Whether anybody else took back a decision on this item after this version of it: whoever decides on that version does not know of it.
CREATE FUNCTION umpire.taken_back_since(item uuid, version integer, who text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (
    SELECT 1 FROM umpire.decisions AS u
    WHERE u.item_id = taken_back_since.item AND u.undo_kind IN ('undo', 'reversal') AND (u.outcome ->> 'version')::int > taken_back_since.version
      AND coalesce(u.on_behalf_of, u.actor) <> taken_back_since.who
  )
$$;

-- At most one item of each referral. Its rows are locked.
CREATE OR REPLACE FUNCTION umpire.decide_round(asked umpire.decision_call[], made uuid, actor text, on_behalf_of text, is_lead boolean, clock timestamptz,
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
      j.version - j.expected_version > j.decided_since, CASE j.verdict WHEN 'waits' THEN coalesce(j.own_opinion, j.proposal_id) ELSE j.proposal_id END,
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
        SELECT c.*, i.relationship_id, q.status::text AS status, i.version, h.decided_since, p.decision_id AS proposal_id, p.decision AS proposed, o.is_open,
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
            -- So does what somebody else took back, a lead's reversal above all: it is not overridden unseen.
            WHEN c.expected_version < i.version AND umpire.taken_back_since(c.item_id, c.expected_version, who) THEN 'taken_back'
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
        -- How many of the versions since it was looked at are of a decision, of two who disagreed, or of what took one back.
        CROSS JOIN LATERAL (SELECT CASE WHEN c.expected_version < i.version THEN (
          SELECT count(DISTINCT a.outcome ->> 'version') FROM umpire.decisions AS a
          WHERE a.item_id = c.item_id AND (a.outcome ->> 'version')::int > c.expected_version
            AND (a.outcome ->> 'outcome' = 'applied' AND a.undo_kind IS DISTINCT FROM 'withdrawal'
              OR EXISTS (SELECT 1 FROM umpire.decisions AS b WHERE b.item_id = a.item_id AND b.closed_by = a.decision_id AND b.proposal = 'disagreed'))
        ) END AS decided_since) AS h
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
          WHEN 'disagreed' THEN 'conflict' WHEN 'taken_back' THEN 'returned' ELSE j.verdict END,
        'message', CASE j.verdict
          WHEN 'applied' THEN CASE WHEN j.is_stale THEN 'Its evidence changed within the band since it was looked at.' END
          WHEN 'agreed' THEN 'This was decided the same way before.'
          WHEN 'conflict' THEN 'This was decided differently before: ' || j.status || '.'
          WHEN 'returned' THEN 'The band rose after this was looked at: look again.'
          WHEN 'taken_back' THEN 'This was decided and taken back after it was looked at: look again.'
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

-- At most one decision of each referral. Its rows are locked.
CREATE OR REPLACE FUNCTION umpire.undo_round(asked umpire.undo_call[], made uuid, actor text, on_behalf_of text, is_lead boolean, clock timestamptz,
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
  SELECT array_agg(ROW(j.position, j.undo_id, coalesce(j.target_id, j.decision_id), j.note, j.item_id, j.relationship_id, j.decision, j.verdict,
      CASE j.verdict WHEN 'withdrawn' THEN 'withdrawal' WHEN 'opinion' THEN 'withdrawal' WHEN 'applied' THEN CASE WHEN j.is_own AND j.is_in_time THEN 'undo' ELSE 'reversal' END END,
      CASE j.verdict WHEN 'applied' THEN j.before ->> 'status' ELSE j.status END,
      j.version + CASE j.verdict WHEN 'applied' THEN 1 ELSE 0 END,
      j.before, j.notes_before, j.effects, j.log_position)::umpire.judged_undo ORDER BY j.position)
  INTO judged
  FROM (
    SELECT c.*, t.decision_id AS target_id, t.item_id, t.relationship_id, t.decision, q.status::text AS status, i.version, t.before, t.notes_before, t.effects, t.log_position,
      o.is_own, o.is_in_time,
      CASE
        WHEN u.decision_id IS NOT NULL THEN
          CASE WHEN u.undoes IN (c.decision_id, t.decision_id) AND (coalesce(u.note, ''), coalesce(u.on_behalf_of, u.actor)) = (coalesce(c.note, ''), who)
            THEN 'repeated' ELSE 'key_reused' END
        WHEN t.decision_id IS NULL THEN 'unknown'
        WHEN t.decision = 'undo' THEN 'is_undo'
        WHEN t.undone_by IS NOT NULL THEN 'agreed'
        -- What it waits with was given in this very transaction.
        WHEN t.outcome ->> 'waiting' IS NOT NULL AND o.is_own THEN 'other'
        WHEN t.proposal = 'withdrawn' THEN 'opinion'
        WHEN t.proposal = 'open' AND (t.outcome ->> 'version')::int >= i.raised_version THEN CASE WHEN o.is_own THEN 'withdrawn' ELSE 'not_own_proposal' END
        WHEN t.proposal = 'agreed' AND EXISTS (SELECT 1 FROM umpire.decisions AS b WHERE b.decision_id = t.closed_by AND b.undone_by IS NULL) THEN 'of_two'
        WHEN t.outcome ->> 'outcome' <> 'applied' THEN 'no_effect'
        WHEN NOT o.is_own AND NOT is_lead THEN 'not_own'
        WHEN t.decision_id <> c.decision_id THEN 'other'
        WHEN NOT o.is_in_time AND NOT is_lead THEN 'late'
        WHEN l.decision_id IS NULL THEN 'conflict'
        WHEN t.before IS NULL THEN 'too_old'
        ELSE 'applied'
      END AS verdict
    FROM unnest(asked) AS c
    LEFT JOIN umpire.decisions AS u ON u.decision_id = c.undo_id
    -- What waits with an earlier one of one's own is taken back as that one.
    LEFT JOIN umpire.decisions AS d ON d.decision_id = c.decision_id
    LEFT JOIN umpire.decisions AS w ON w.decision_id = (d.outcome ->> 'waiting')::uuid
    LEFT JOIN umpire.decisions AS t ON t.decision_id = coalesce(w.decision_id, c.decision_id)
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
          WHEN 'of_two' THEN 'A second analyst decided the same, and that took effect: whoever did or a lead can take it back.'
          WHEN 'other' THEN 'What counts is an earlier decision of the same analyst: take that one back.'
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
    SELECT array_agg(ROW(j.position, jsonb_build_object('undoId', j.undo_id, 'decisionId', c.decision_id, 'itemId', j.item_id) || coalesce(u.outcome, jsonb_build_object(
        'outcome', CASE j.verdict WHEN 'unknown' THEN 'unknown' ELSE 'not_allowed' END, 'kind', NULL,
        'message', CASE j.verdict WHEN 'unknown' THEN 'There is no such decision.' ELSE 'This undo id was used before for something else.' END,
        'status', j.status, 'version', j.version, 'paid', 0, 'reversed', 0)))::umpire.answer)
    FROM unnest(judged) AS j JOIN unnest(asked) AS c ON c.position = j.position
    LEFT JOIN umpire.decisions AS u ON u.decision_id = j.undo_id AND j.verdict <> 'key_reused'
  );
END $$;

-- What a run would do now with each item that is still waiting, in words and in credits. Reads only. Whether somebody else's proposal
-- waits for a second analyst is not told: such an item is one that will wait (SPEC 4, blind). `most` is the size of the run's batches: a
-- rejection lowers the tiers that later ones are worth.
CREATE OR REPLACE FUNCTION umpire.preview_bulk(session uuid, most integer, on_behalf_of text DEFAULT NULL, clock timestamptz DEFAULT NULL)
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
        WHEN w.expected_version < i.version AND umpire.taken_back_since(w.item_id, w.expected_version, c.who) THEN 'taken_back'
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
    LEFT JOIN umpire.second_needed((SELECT array_agg(DISTINCT a.item_id) FROM wanted AS a), c.clock) AS n ON n.item_id = w.item_id
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
      WHEN 'taken_back' THEN 'Decided and taken back since it was chosen'
      WHEN 'waits' THEN 'Your decision waits for a second analyst'
      WHEN 'own_waits' THEN 'Your other decision waits for a second analyst'
      WHEN 'unscored' THEN 'Its referral has not been scored'
    END,
    coalesce(m.paid, 0), coalesce(m.rejected, 0), coalesce(m.reversed, 0)
  FROM judged AS j LEFT JOIN credits AS m ON m.position = j.position ORDER BY j.position;
END $$;

-- What became of the caller's own decisions among these that waited for a second analyst and wait no more, in the shape of a decision's
-- answer. Their first answer stays what it was. The effect is the second analyst's, who alone or with a lead takes it back. One that
-- waited with an earlier one of one's own ends as that one does.
CREATE OR REPLACE FUNCTION umpire.settled_decisions(decision_ids uuid[]) RETURNS SETOF jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  login text := (SELECT c.who FROM umpire.caller(NULL, NULL, 'analyst') AS c);
BEGIN
  RETURN QUERY
  SELECT jsonb_build_object('decisionId', d.decision_id, 'itemId', d.item_id, 'outcome', n.outcome,
    'message', CASE
      WHEN w.proposal = 'agreed' THEN 'A second analyst decided the same.'
      WHEN w.proposal = 'disagreed' THEN 'Another analyst decided otherwise: it goes to a lead.'
      WHEN w.proposal = 'withdrawn' THEN 'It was withdrawn: decide again where it is still to be decided.'
      WHEN w.proposal = 'returned' THEN 'The band rose after this was looked at: look again.'
      WHEN l.undone_by IS NOT NULL THEN 'This was decided and taken back after it was looked at: look again.'
      WHEN w.proposal IS NULL AND n.outcome <> 'agreed' THEN w.outcome ->> 'message'
      WHEN n.outcome = 'agreed' THEN 'This was decided the same way meanwhile.'
      ELSE 'This was decided differently meanwhile: ' || q.status || '.'
    END,
    'status', q.status, 'version', i.version,
    'paid', 0, 'rejected', 0, 'reversed', 0)
  FROM umpire.decisions AS d
  -- The one that waited: itself, or the one that it waited with. Of a second opinion that was settled meanwhile the answer is its end.
  JOIN umpire.decisions AS w ON w.decision_id = coalesce((d.outcome ->> 'waiting')::uuid, d.decision_id)
    AND CASE WHEN w.proposal IS NULL THEN w.decision_id <> d.decision_id ELSE w.proposal <> 'open' END
  LEFT JOIN umpire.decisions AS l ON l.decision_id = w.closed_by
  LEFT JOIN umpire.items AS i ON i.item_id = d.item_id
  LEFT JOIN referrals.review_queue AS q ON q.id = d.item_id
  CROSS JOIN LATERAL (
    SELECT CASE
      WHEN w.proposal = 'agreed' THEN 'agreed'
      WHEN w.proposal = 'disagreed' THEN 'conflict'
      -- What ended it may be taken back by now: nothing stands that it agrees with or is against.
      WHEN w.proposal = 'superseded' AND l.undone_by IS NULL THEN CASE WHEN l.decision = d.decision THEN 'agreed' ELSE 'conflict' END
      WHEN w.proposal IS NOT NULL THEN 'returned'
      WHEN w.outcome ->> 'outcome' = 'applied' THEN 'agreed'
      ELSE w.outcome ->> 'outcome'
    END AS outcome
  ) AS n
  WHERE d.decision_id = ANY (settled_decisions.decision_ids) AND coalesce(d.on_behalf_of, d.actor) = login;
END $$;

-- Which of these operations are known here, whoever sent them: keys are random, and a login may have another name by now. `waits`: for a
-- second analyst. `answer`: the first one, where it was about that item and sent under a name that no login has any more, as after a
-- rename. What went with its item is known too, as long as that is known to be deleted; all else a server has not that was set back.
DROP FUNCTION umpire.known_operations(uuid[]);
CREATE FUNCTION umpire.known_operations(operation_ids uuid[], item_ids uuid[] DEFAULT NULL)
RETURNS TABLE (operation_id uuid, waits boolean, answer jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM umpire.caller(NULL, NULL, 'viewer');
  RETURN QUERY
  WITH asked AS MATERIALIZED (
    SELECT x.operation, x.item FROM unnest(known_operations.operation_ids, known_operations.item_ids) AS x (operation, item)
  ),
  found AS MATERIALIZED (
    SELECT d.decision_id AS operation, d.item_id AS item, coalesce(w.proposal = 'open', false) AS waits, d.actor, d.on_behalf_of, d.outcome
    FROM asked AS a JOIN umpire.decisions AS d ON d.decision_id = a.operation
    LEFT JOIN umpire.decisions AS w ON w.decision_id = coalesce((d.outcome ->> 'waiting')::uuid, d.decision_id)
    UNION ALL
    SELECT s.decision_id, s.item_id, true, s.actor, s.on_behalf_of, s.outcome FROM asked AS a JOIN umpire.second_opinions AS s ON s.decision_id = a.operation
    UNION ALL
    SELECT o.objection_id, o.item_id, false, o.actor, o.on_behalf_of, o.outcome
    FROM asked AS a JOIN umpire.objections AS o ON o.objection_id = a.operation
  )
  SELECT a.operation, coalesce(f.waits, false), CASE
      WHEN f.item = a.item AND f.on_behalf_of IS NULL AND NOT EXISTS (SELECT 1 FROM pg_roles AS r WHERE r.rolname = f.actor)
        THEN f.outcome || jsonb_build_object('itemId', f.item)
    END
  FROM asked AS a LEFT JOIN found AS f ON f.operation = a.operation
  WHERE f.operation IS NOT NULL
    OR EXISTS (SELECT 1 FROM umpire.items_gone AS g WHERE g.item_id = a.item) AND NOT EXISTS (SELECT 1 FROM umpire.items AS i WHERE i.item_id = a.item);
END $$;

-- Takes objections, each with its own outcome, in the order given: applied, unknown, not_allowed. The same again has its first answer;
-- another one with the same id is not allowed, nor one where nothing stands or one's own decision that one can still take back.
CREATE OR REPLACE FUNCTION umpire.object_items(calls jsonb, on_behalf_of text DEFAULT NULL, clock timestamptz DEFAULT NULL) RETURNS SETOF jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  caller record;
  grace constant interval := (SELECT make_interval(mins => s.undo_minutes) FROM umpire.review_settings AS s);
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
        SELECT coalesce(d.on_behalf_of, d.actor) = caller.who AND caller.clock <= d.decided_at + grace FROM umpire.decisions AS d
        WHERE d.item_id = q.id AND d.decision <> 'undo' AND d.undone_by IS NULL AND d.outcome ->> 'outcome' = 'applied'
        ORDER BY (d.outcome ->> 'version')::int DESC LIMIT 1
      ) AS is_own_to_undo INTO stood
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
      ELSIF known.objection_id IS NULL AND stood.is_own_to_undo THEN
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

-- What is open, for leads, oldest first. What one analyst asks for in the same words of many cases, as of a bulk session, counts in each of
-- its rows (`alike`, up to `newest`), and its twenty oldest are told (`nth` of them): it hides nobody else's.
DROP FUNCTION umpire.open_objections();
CREATE FUNCTION umpire.open_objections() RETURNS TABLE (objection_id uuid, item_id uuid, made_by text, at timestamptz, decision text, reason text, note text,
  status text, score integer, priority text, referrer_name text, referee_name text, alike integer, nth integer, newest uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM umpire.caller(NULL, NULL, 'lead');
  RETURN QUERY
  SELECT o.objection_id, o.item_id, o.who, o.made_at, o.decision, o.reason, o.note, q.status::text, q.fraud_score,
    q.priority::text, referrer.name, referee.name, o.alike::integer, o.nth::integer, o.newest
  FROM (
    SELECT p.*, coalesce(p.on_behalf_of, p.actor) AS who, count(*) OVER same AS alike, row_number() OVER in_order AS nth,
      last_value(p.objection_id) OVER (in_order ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS newest
    FROM umpire.objections AS p WHERE p.settled_at IS NULL
    WINDOW same AS (PARTITION BY coalesce(p.on_behalf_of, p.actor), p.decision, p.reason, p.note), in_order AS (same ORDER BY p.made_at, p.objection_id)
  ) AS o
  JOIN referrals.review_queue AS q ON q.id = o.item_id
  JOIN referrals.relationships AS r ON r.id = q.relationship_id
  JOIN auth.users AS referrer ON referrer.id = r.referrer_id
  JOIN auth.users AS referee ON referee.id = r.referee_id
  WHERE o.nth <= 20 ORDER BY o.made_at, o.objection_id LIMIT 500;
END $$;

-- Ends all that are open of somebody else in the same words as this one, where they are as many as expected and none is newer than it; FALSE
-- where that is not so: what came meanwhile was seen by nobody.
CREATE FUNCTION umpire.settle_alike(newest uuid, expected integer, clock timestamptz DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  caller record;
  alike uuid[];
  whose text;
  settled integer;
BEGIN
  SELECT * INTO caller FROM umpire.caller(NULL, clock, 'lead');
  SELECT array_agg(p.objection_id ORDER BY p.made_at, p.objection_id), min(coalesce(p.on_behalf_of, p.actor)) INTO alike, whose
  FROM umpire.objections AS o JOIN umpire.objections AS p ON coalesce(p.on_behalf_of, p.actor) = coalesce(o.on_behalf_of, o.actor)
    AND p.decision = o.decision AND p.reason = o.reason AND p.note IS NOT DISTINCT FROM o.note AND p.settled_at IS NULL
  WHERE o.objection_id = newest;
  IF whose = caller.who THEN
    RAISE EXCEPTION 'This is your own objection: another lead settles it.' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF cardinality(alike) IS DISTINCT FROM expected OR alike[expected] IS DISTINCT FROM newest THEN RETURN false; END IF;
  UPDATE umpire.objections AS o SET settled_at = caller.clock, settled_by = caller.who WHERE o.objection_id = ANY (alike) AND o.settled_at IS NULL;
  GET DIAGNOSTICS settled = ROW_COUNT;
  IF settled <> expected THEN
    RAISE EXCEPTION 'Another lead settled some of these at the same time.' USING ERRCODE = 'serialization_failure';
  END IF;
  PERFORM umpire.append_audit('objections_settled', caller.actor, caller.on_behalf_of,
    jsonb_build_object('items', expected, 'objections', to_jsonb(alike)), caller.clock);
  RETURN true;
END $$;
