import type { Client } from '../postgres/connection.ts';
import type { RuleSet } from './rule-set.ts';

/**
 * Puts what fired before its fingerprint was purged or its user erased (`umpire.kept_evidence`) in the place of what is
 * derived now: the hashes and addresses it was derived from are gone, and without it the score would fall. Points follow
 * the rules and the patterns; one that is switched off counts no more, and is there again when it is switched on.
 */
export async function fireKept(client: Client, rules: RuleSet): Promise<void> {
  await client.query(
    `DELETE FROM umpire_fired AS f USING umpire_batch AS b JOIN umpire.kept_evidence AS k ON k.relationship_id = b.relationship_id
     WHERE f.relationship_id = k.relationship_id AND f.signal = k.signal`,
  );
  // An erased user's made-up address says nothing about them.
  await client.query(
    `DELETE FROM umpire_fired AS f USING umpire_batch AS b JOIN umpire.users AS u ON u.user_id = b.referee_id AND u.erased_at IS NOT NULL
     WHERE f.relationship_id = b.relationship_id AND f.signal LIKE 'pattern:%' AND f.evidence ->> 'matched' = 'email_regex'`,
  );
  await client.query(
    `INSERT INTO umpire_fired (relationship_id, signal, points, evidence)
     SELECT k.relationship_id, k.signal, coalesce(p.score_impact, ($1::jsonb ->> k.signal)::int), k.evidence
     FROM umpire_batch AS b JOIN umpire.kept_evidence AS k ON k.relationship_id = b.relationship_id
     LEFT JOIN referrals.fraud_patterns AS p ON k.signal = 'pattern:' || p.id AND p.is_active AND p.score_impact >= 1
     WHERE p.id IS NOT NULL OR k.signal NOT LIKE 'pattern:%' AND NOT k.signal = ANY ($2)`,
    [JSON.stringify(rules.points), rules.disabled],
  );
}
