import type { Check } from './check.ts';

/** The analyst who was second decided otherwise: the item went to a lead. */
const DISAGREED = `EXISTS (SELECT 1 FROM umpire.decisions AS p WHERE p.item_id = d.item_id AND p.closed_by = d.decision_id AND p.proposal = 'disagreed')`;

/** Decisions, what takes them back, and what waits for a second analyst (SPEC 4). */
export const DECISION_CHECKS: readonly Check[] = [
  {
    name: 'decision',
    modes: ['programme', 'observe'],
    sql: `
      SELECT q.id::text AS subject, format('is %s, but its decisions make it %s', q.status, coalesce(d.status, 'pending')) AS detail
      FROM referrals.review_queue AS q
      JOIN umpire.items AS i ON i.item_id = q.id
      LEFT JOIN LATERAL (
        SELECT CASE d.decision WHEN 'approve' THEN 'approved' WHEN 'reject' THEN 'rejected' ELSE 'escalated' END AS status, d.version
        FROM (
          SELECT CASE d.outcome ->> 'outcome' WHEN 'applied' THEN d.decision ELSE 'escalate' END AS decision, (d.outcome ->> 'version')::int AS version
          FROM umpire.decisions AS d
          WHERE d.item_id = q.id AND d.decision <> 'undo' AND d.undone_by IS NULL
            AND (d.outcome ->> 'outcome' = 'applied' OR d.outcome ->> 'outcome' = 'conflict' AND ${DISAGREED})
        ) AS d ORDER BY d.version DESC LIMIT 1
      ) AS d ON true
      WHERE q.status::text <> coalesce(d.status, 'pending')`,
  },
  {
    name: 'undone',
    modes: ['programme', 'observe'],
    sql: `
      SELECT d.decision_id::text AS subject, format('was taken back by %s, but says %s', coalesce(u.decision_id::text, 'nothing'), coalesce(d.undone_by::text, 'nothing')) AS detail
      FROM umpire.decisions AS d
      LEFT JOIN umpire.decisions AS u ON u.undoes = d.decision_id AND u.decision = 'undo' AND u.outcome ->> 'outcome' = 'applied'
      WHERE u.decision_id IS DISTINCT FROM d.undone_by
      UNION ALL
      SELECT u.decision_id::text, 'is an undo of nothing that there is' FROM umpire.decisions AS u
      WHERE (u.decision = 'undo') <> (u.undoes IS NOT NULL) OR (u.undo_kind IS NOT NULL) <> (u.decision = 'undo' AND u.outcome ->> 'outcome' = 'applied')
        OR u.undoes IS NOT NULL AND NOT EXISTS (SELECT 1 FROM umpire.decisions AS d WHERE d.decision_id = u.undoes AND d.item_id = u.item_id)`,
  },
  {
    name: 'proposal',
    modes: ['programme', 'observe'],
    sql: `
      SELECT d.decision_id::text AS subject, format('waits for a second analyst, but its item is %s', coalesce(q.status::text, 'gone')) AS detail
      FROM umpire.decisions AS d
      LEFT JOIN referrals.review_queue AS q ON q.id = d.item_id LEFT JOIN umpire.items AS i ON i.item_id = d.item_id
      WHERE d.proposal = 'open' AND (q.status IS DISTINCT FROM 'pending' OR (d.outcome ->> 'version')::int < i.raised_version)
        -- The owner of the table decides there too.
        AND (NOT umpire.observes() OR q.status = 'pending')
      UNION ALL
      SELECT d.decision_id::text, format('is a proposal that was %s, but says otherwise', d.proposal) FROM umpire.decisions AS d
      WHERE d.proposal IS NOT NULL AND (
        d.outcome ->> 'outcome' <> 'awaiting_second' OR (d.proposal IN ('open', 'returned')) <> (d.closed_by IS NULL)
        OR (d.proposal = 'withdrawn') <> (d.undone_by IS NOT NULL)
        OR d.closed_by IS NOT NULL AND NOT EXISTS (
          SELECT 1 FROM umpire.decisions AS c WHERE c.decision_id = d.closed_by AND c.item_id = d.item_id AND CASE d.proposal
            WHEN 'withdrawn' THEN c.undoes = d.decision_id
            WHEN 'disagreed' THEN c.decision <> d.decision AND c.outcome ->> 'outcome' = 'conflict'
            WHEN 'agreed' THEN c.decision = d.decision AND c.outcome ->> 'outcome' = 'applied'
            ELSE c.decision <> d.decision AND c.outcome ->> 'outcome' = 'applied'
          END
        ))
      UNION ALL
      SELECT b.id::text, 'is held for a second analyst, and no decision waits for one' FROM referrals.bonus_events AS b
      WHERE b.status = 'held' AND b.hold_reason = 'second_review' AND NOT EXISTS (
        SELECT 1 FROM umpire.items AS i JOIN umpire.decisions AS d ON d.item_id = i.item_id
        WHERE i.relationship_id = b.relationship_id AND d.proposal = 'open')`,
  },
  {
    name: 'decision_effect',
    modes: ['programme', 'observe'],
    sql: `
      SELECT d.decision_id::text AS subject, format('says that it moved %s, but it moved %s',
        concat_ws('/', d.outcome ->> 'paid', d.outcome ->> 'rejected', d.outcome ->> 'reversed'), concat_ws('/', e.paid, e.rejected, e.reversed)) AS detail
      FROM umpire.decisions AS d
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(e.credits) FILTER (WHERE e.done = 'paid'), 0) AS paid, coalesce(sum(e.credits) FILTER (WHERE e.done = 'rejected'), 0) AS rejected,
          coalesce(sum(e.credits) FILTER (WHERE e.done = 'reversed'), 0) AS reversed
        FROM umpire.decision_effects AS e WHERE e.decision_id = d.decision_id
      ) AS e
      -- Before it was kept bonus by bonus, only the sums were.
      WHERE (d.before IS NOT NULL OR d.decision = 'undo')
        AND ((d.outcome ->> 'paid')::int, coalesce((d.outcome ->> 'rejected')::int, 0), (d.outcome ->> 'reversed')::int) <> (e.paid, e.rejected, e.reversed)
      UNION ALL
      SELECT e.bonus_id::text, format('was %s by decision %s, and the log does not say so', e.done, e.decision_id)
      FROM umpire.decision_effects AS e JOIN umpire.decisions AS d ON d.decision_id = e.decision_id
      WHERE e.done IN ('paid', 'rejected', 'reversed') AND NOT EXISTS (
        SELECT 1 FROM umpire.money_log AS m
        WHERE m.bonus_id = e.bonus_id AND m.transition = e.done AND m.at = d.decided_at AND m.credits = e.credits)`,
  },
  {
    name: 'decision_note',
    modes: ['programme', 'observe'],
    sql: `
      SELECT decision_id::text AS subject, 'has another note than was written' AS detail FROM umpire.decisions
      WHERE CASE WHEN note_salt IS NULL THEN note IS NOT NULL OR notes_before IS NOT NULL
        ELSE note_digest IS DISTINCT FROM umpire.note_digest(note_salt, note, notes_before) END`,
  },
  {
    name: 'known_evidence',
    modes: ['programme', 'observe'],
    sql: `
      SELECT d.decision_id::text AS subject, 'was made on evidence that is gone' AS detail FROM umpire.decisions AS d
      WHERE d.decision <> 'undo' AND (d.before IS NOT NULL OR d.evidence_digest IS NOT NULL)
        AND NOT EXISTS (SELECT 1 FROM umpire.known_evidence AS k WHERE k.digest = d.evidence_digest AND k.relationship_id = d.relationship_id)
      UNION ALL
      SELECT k.relationship_id::text, 'has other evidence than was known when it was decided' FROM umpire.known_evidence AS k
      WHERE k.salt IS NOT NULL AND k.digest <> umpire.evidence_digest(k.salt, k.signals)`,
  },
];
