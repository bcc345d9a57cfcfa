import type { Client } from '../../postgres/connection.ts';
import { compileRegex } from './compile.ts';

/**
 * Adds to `umpire_fired` every active pattern that matches a referral of the batch, once each, as `pattern:<id>`. What was
 * matched on arrival counts as long as the pattern is active.
 */
export async function detectPatterns(client: Client): Promise<void> {
  await client.query(
    `INSERT INTO umpire_fired (relationship_id, signal, points, evidence)
     SELECT b.relationship_id, 'pattern:' || p.id, p.score_impact, ${evidence('m.matched', 'm.key')}
     FROM umpire_batch AS b
     CROSS JOIN LATERAL (
       SELECT DISTINCT ON (k.pattern_id) k.pattern_id, k.kind AS matched, k.key
       FROM umpire.pattern_keys AS k
       WHERE k.kind = 'address' AND k.key = b.ip_hash
         OR k.kind = 'network' AND k.key = ANY (b.network_hashes)
         OR k.kind = 'device' AND k.key = b.device_hash
         OR k.kind = 'domain' AND (b.referee_domain = k.key OR b.referee_domain LIKE '%.' || replace(replace(k.key, '\\', '\\\\'), '_', '\\_'))
         OR k.kind = 'arrival' AND k.pattern_id = ANY (b.pattern_hits)
       ORDER BY k.pattern_id, k.kind
     ) AS m
     JOIN referrals.fraud_patterns AS p ON p.id = m.pattern_id AND p.is_active AND p.score_impact >= 1`,
  );
  await detectEmailExpressions(client);
}

/** What a pattern says is evidence, except where it says one address or one device as it is: those are kept as keyed hashes. */
const evidence = (matched: string, key: string): string =>
  `jsonb_build_object('patternId', p.id, 'patternType', p.pattern_type, 'severity', p.severity, 'matched', ${matched}, 'registeredAt', b.at)
     || CASE WHEN ${matched} IN ('address', 'device') THEN jsonb_build_object('hash', ${key}) ELSE jsonb_build_object('patternValue', p.pattern_value) END`;

/** Regular expressions over addresses run here, in linear time, and not in the database. */
async function detectEmailExpressions(client: Client): Promise<void> {
  const { rows: patterns } = await client.query<{ id: string; value: string }>(
    `SELECT p.id, k.key AS value FROM umpire.pattern_keys AS k JOIN referrals.fraud_patterns AS p ON p.id = k.pattern_id
     WHERE k.kind = 'email_regex' AND p.is_active AND p.score_impact >= 1`,
  );
  if (patterns.length === 0) return;
  const { rows: referees } = await client.query<{ id: string; email: string }>(
    'SELECT b.relationship_id AS id, u.email FROM umpire_batch AS b JOIN auth.users AS u ON u.id = b.referee_id',
  );
  const hits = patterns.flatMap(({ id, value }) => {
    const regex = compileRegex(value, { ignoreCase: true });
    return referees
      .filter(({ email }) => regex.matcher(email).find())
      .map((referee) => ({ pattern: id, relationship: referee.id }));
  });
  await client.query(
    `INSERT INTO umpire_fired (relationship_id, signal, points, evidence)
     SELECT b.relationship_id, 'pattern:' || p.id, p.score_impact, ${evidence(`'email_regex'`, 'NULL')}
     FROM unnest($1::uuid[], $2::uuid[]) AS h (relationship_id, pattern_id)
     JOIN umpire_batch AS b ON b.relationship_id = h.relationship_id
     JOIN referrals.fraud_patterns AS p ON p.id = h.pattern_id`,
    [hits.map(({ relationship }) => relationship), hits.map(({ pattern }) => pattern)],
  );
}
