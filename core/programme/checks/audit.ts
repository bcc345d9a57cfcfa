import type { Check } from './check.ts';

/** The audit chain, and that what it covers is what was decided (SPEC 4). */
export const AUDIT_CHECKS: readonly Check[] = [
  {
    name: 'audit_chain',
    modes: ['programme', 'observe'],
    sql: `
      SELECT l.seq::text AS subject, CASE
          WHEN l.seq <> l.position THEN format('stands where entry %s belongs', l.position)
          WHEN l.previous <> l.before THEN 'does not follow the entry before it'
          ELSE 'does not have its hash'
        END AS detail
      FROM (
        SELECT a.*, row_number() OVER (ORDER BY a.seq) AS position, lag(a.hash, 1, repeat('0', 64)) OVER (ORDER BY a.seq) AS before
        FROM umpire.audit_log AS a
      ) AS l
      WHERE l.seq <> l.position OR l.previous <> l.before
        OR l.hash <> umpire.audit_hash(l.previous, l.seq, l.at, l.actor, l.on_behalf_of, l.kind, l.details)`,
  },
  {
    name: 'audit_head',
    modes: ['programme', 'observe'],
    sql: `
      SELECT coalesce(h.seq::text, 'none') AS subject, format('is the head, but the last entry is %s', coalesce(l.seq, 0)) AS detail
      FROM (SELECT 1) AS one
      LEFT JOIN umpire.audit_head AS h ON true
      LEFT JOIN (SELECT seq, hash FROM umpire.audit_log ORDER BY seq DESC LIMIT 1) AS l ON true
      WHERE (h.seq, h.hash) IS DISTINCT FROM (coalesce(l.seq, 0), coalesce(l.hash, repeat('0', 64)))`,
  },
  {
    name: 'audit_rules',
    modes: ['programme', 'observe'],
    sql: `
      SELECT coalesce(s.version::text, l.version, 'one without a number') AS subject, 'is a rule set that is not as it was last logged' AS detail
      FROM umpire.rule_sets AS s
      FULL JOIN (
        SELECT DISTINCT ON (a.details ->> 'version') a.details ->> 'version' AS version, a.details FROM umpire.audit_log AS a
        WHERE a.kind = 'rules' ORDER BY a.details ->> 'version', a.seq DESC
      ) AS l ON l.version = s.version::text
      WHERE CASE WHEN s.version IS NULL THEN l.details ->> 'change' <> 'deleted'
        ELSE (l.details -> 'points', l.details -> 'thresholds', l.details -> 'disabled') IS DISTINCT FROM (s.points, s.thresholds, s.disabled) END`,
  },
  {
    name: 'audit_decisions',
    modes: ['programme', 'observe'],
    sql: `
      SELECT coalesce(l.batch, d.batch::text) AS subject, CASE
          WHEN l.batch IS NULL THEN format('is a batch of %s decisions that no entry of the log vouches for', d.items)
          WHEN l.entries <> 1 THEN 'is a batch that not one entry but several vouch for'
          ELSE 'is a batch whose decisions are not those that were logged'
        END AS detail
      FROM (
        SELECT DISTINCT ON (a.details ->> 'batch') a.details ->> 'batch' AS batch, a.details ->> 'items' AS items, a.details ->> 'digest' AS digest,
          count(*) FILTER (WHERE a.kind <> 'forgotten') OVER (PARTITION BY a.details ->> 'batch') AS entries
        FROM umpire.audit_log AS a WHERE a.kind IN ('decisions', 'undos', 'forgotten') ORDER BY a.details ->> 'batch', a.seq DESC
      ) AS l
      FULL JOIN (
        SELECT k.batch, k.items, umpire.decisions_digest(k.batch) AS digest
        FROM (SELECT c.batch, count(*) AS items FROM umpire.decisions AS c GROUP BY c.batch) AS k
      ) AS d ON d.batch::text = l.batch
      WHERE l.entries IS DISTINCT FROM 1 OR l.items IS DISTINCT FROM coalesce(d.items, 0)::text
        OR l.digest IS DISTINCT FROM coalesce(d.digest, umpire.decisions_digest(NULL))`,
  },
  {
    // Who settles what somebody else gave as a second opinion is the actor of the entry, on that one's behalf.
    name: 'audit_actor',
    modes: ['programme', 'observe'],
    sql: `
      SELECT d.decision_id::text AS subject, format('is in the name of %s, and its entry in the log of %s', d.who, coalesce(a.on_behalf_of, a.actor)) AS detail
      FROM (SELECT c.*, coalesce(c.on_behalf_of, c.actor) AS who FROM umpire.decisions AS c) AS d
      JOIN umpire.audit_log AS a ON a.kind IN ('decisions', 'undos') AND a.details ->> 'batch' = d.batch::text AND NOT a.details ? 'earlier'
      WHERE (a.actor, a.on_behalf_of) IS DISTINCT FROM (d.actor, d.on_behalf_of) AND (a.actor = d.actor OR a.on_behalf_of IS DISTINCT FROM d.who)`,
  },
  {
    // With its item an objection goes, and nothing is left to compare.
    name: 'audit_objections',
    modes: ['programme', 'observe'],
    sql: `
      SELECT coalesce(l.id, o.objection_id::text) AS subject, CASE
          WHEN l.id IS NULL THEN 'is an objection that no entry of the log vouches for'
          WHEN l.entries <> 1 THEN 'is an objection that not one entry but several vouch for'
          WHEN o.objection_id IS NULL THEN 'is an objection that was logged and is gone, though its item is there'
          ELSE 'is an objection that is not as it was logged'
        END AS detail
      FROM (
        SELECT x.entry ->> 'objection' AS id, min(x.entry ->> 'item') AS item, min(x.entry ->> 'digest') AS digest, count(*) AS entries
        FROM umpire.audit_log AS a CROSS JOIN LATERAL jsonb_array_elements(a.details -> 'objections') AS x (entry)
        WHERE a.kind = 'objections' GROUP BY 1
      ) AS l
      FULL JOIN umpire.objections AS o ON o.objection_id::text = l.id
      WHERE l.id IS NULL OR l.entries <> 1
        OR CASE WHEN o.objection_id IS NULL THEN EXISTS (SELECT 1 FROM umpire.items AS i WHERE i.item_id::text = l.item)
          ELSE l.digest IS DISTINCT FROM umpire.objection_digest(o.objection_id) END
      UNION ALL
      SELECT o.objection_id::text, format('is an objection that was settled by %s, and by the log by %s', coalesce(o.settled_by, 'nobody'), coalesce(s.who, 'nobody'))
      FROM umpire.objections AS o
      LEFT JOIN (
        SELECT x.id, string_agg(coalesce(a.on_behalf_of, a.actor), ', ') AS who
        FROM umpire.audit_log AS a CROSS JOIN LATERAL (
          SELECT a.details ->> 'objection' AS id WHERE a.kind = 'objection_settled'
          UNION ALL
          SELECT jsonb_array_elements_text(a.details -> 'objections') WHERE a.kind = 'objections_settled'
        ) AS x
        WHERE a.kind IN ('objection_settled', 'objections_settled') GROUP BY 1
      ) AS s ON s.id = o.objection_id::text
      WHERE (o.settled_at IS NOT NULL) IS DISTINCT FROM (o.settled_by IS NOT NULL) OR o.settled_by IS DISTINCT FROM s.who`,
  },
  {
    name: 'audit_forgotten',
    modes: ['programme', 'observe'],
    sql: `
      SELECT a.details ->> 'referral' AS subject, format('is there, and its decision %s was deleted', a.details ->> 'decision') AS detail
      FROM umpire.audit_log AS a JOIN referrals.relationships AS r ON r.id::text = a.details ->> 'referral'
      WHERE a.kind = 'forgotten'`,
  },
];
