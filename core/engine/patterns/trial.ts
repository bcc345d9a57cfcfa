import { z } from 'zod';
import type { PatternType } from '../../domain/vocabulary.ts';
import type { HashKey } from '../../postgres/hash-key.ts';
import type { Client, Pool } from '../../postgres/connection.ts';
import { currentRuleSet } from '../rule-set.ts';
import { compileRegex, patternFault } from './compile.ts';
import { type PatternKey, patternKeys } from './keys.ts';

export class PatternFault extends Error {}

export type PatternTrial = {
  /** Why history tells nothing or only a part: what the pattern looks at is not kept. Null where it sees all. */
  readonly blind: string | null;
  /** Referrals that it would have matched. */
  readonly matches: number;
  /** Of those, how many its points would lift into a higher band, by the band they would reach. */
  readonly lifted: { readonly medium: number; readonly high: number; readonly critical: number };
  /** Of those that a person decided: how many were rejected, and how many approved. */
  readonly rejected: number;
  readonly approved: number;
  /** The first hundred matches by time. */
  readonly referrals: readonly TrialReferral[];
};

const referral = z.object({ relationshipId: z.guid(), refereeId: z.string(), referrerId: z.string(), score: z.int() });
export type TrialReferral = z.output<typeof referral>;

const LISTED = 100;
const PAGE = 10_000;

/**
 * What a pattern would match in all that is known, before it is switched on. Writes nothing. Throws `PatternFault` for a
 * pattern that could not be saved.
 */
export async function tryPattern(
  pool: Pool,
  pattern: { readonly type: PatternType; readonly value: string; readonly scoreImpact: number },
  key: HashKey,
): Promise<PatternTrial> {
  const fault = patternFault(pattern.type, pattern.value);
  if (fault !== null) throw new PatternFault(`${pattern.type} ${JSON.stringify(pattern.value)}: ${fault}`);
  const keys = patternKeys(pattern.type, pattern.value, key);
  const client = await pool.connect();
  try {
    // One snapshot for all of it; a temporary table is all that it fills.
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await client.query('CREATE TEMP TABLE umpire_tried (relationship_id uuid PRIMARY KEY) ON COMMIT DROP');
    for (const one of keys) await match(client, one);
    return { blind: blindness(keys), ...(await summarise(client, pattern.scoreImpact)) };
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

function blindness(keys: readonly PatternKey[]): string | null {
  if (!keys.some(({ kind }) => kind === 'arrival')) return null;
  return 'It looks at whole addresses or user agents, which are not kept: it can match only what arrives after it.';
}

const MATCHING: { readonly [Kind in 'address' | 'network' | 'device' | 'domain']: string } = {
  address: 'SELECT relationship_id FROM umpire.referrals WHERE ip_hash = $1',
  network: 'SELECT relationship_id FROM umpire.referrals WHERE network_hashes @> ARRAY[$1]',
  device: 'SELECT relationship_id FROM umpire.referrals WHERE device_hash = $1',
  domain: `
    SELECT r.relationship_id FROM umpire.users AS u JOIN umpire.referrals AS r ON r.referee_id = u.user_id
    WHERE u.email_domain = $1 OR right(u.email_domain, length($1) + 1) = '.' || $1`,
};

async function match(client: Client, { kind, key }: PatternKey): Promise<void> {
  switch (kind) {
    case 'address':
    case 'network':
    case 'device':
    case 'domain':
      await client.query(`INSERT INTO umpire_tried ${MATCHING[kind]} ON CONFLICT DO NOTHING`, [key]);
      return;
    case 'email_regex':
      await matchAddresses(client, key);
      return;
    case 'arrival':
      return;
  }
}

/** Linear time in the text, here and not in the database; a page at a time. */
async function matchAddresses(client: Client, expression: string): Promise<void> {
  const regex = compileRegex(expression, { ignoreCase: true });
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const { rows } = await client.query<{ id: string; email: string }>(
      `SELECT r.relationship_id AS id, u.email FROM umpire.referrals AS r JOIN auth.users AS u ON u.id = r.referee_id
       WHERE r.relationship_id > $1 ORDER BY r.relationship_id LIMIT ${PAGE}`,
      [after],
    );
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.id;
    const hits = rows.filter(({ email }) => regex.matcher(email).find()).map(({ id }) => id);
    await client.query('INSERT INTO umpire_tried SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING', [hits]);
  }
}

const summary = z.object({
  matches: z.int(),
  medium: z.int(),
  high: z.int(),
  critical: z.int(),
  rejected: z.int(),
  approved: z.int(),
});

async function summarise(client: Client, scoreImpact: number): Promise<Omit<PatternTrial, 'blind'>> {
  const { lowRisk, mediumRisk, critical } = (await currentRuleSet(client)).thresholds;
  const band = (score: string): string =>
    `CASE WHEN ${score} >= $4 THEN 'critical' WHEN ${score} > $3 THEN 'high' WHEN ${score} > $2 THEN 'medium' ELSE 'low' END`;
  const counted = await client.query(
    `SELECT count(*)::int AS matches,
       count(*) FILTER (WHERE x.reached <> x.band AND x.reached = 'medium')::int AS medium,
       count(*) FILTER (WHERE x.reached <> x.band AND x.reached = 'high')::int AS high,
       count(*) FILTER (WHERE x.reached <> x.band AND x.reached = 'critical')::int AS critical,
       count(*) FILTER (WHERE x.is_rejected)::int AS rejected,
       count(*) FILTER (WHERE x.is_approved AND NOT x.is_rejected)::int AS approved
     FROM (
       SELECT ${band('coalesce(s.score, 0)')} AS band, ${band('coalesce(s.score, 0) + $1')} AS reached, r.is_rejected,
         EXISTS (SELECT 1 FROM referrals.review_queue AS q WHERE q.relationship_id = t.relationship_id AND q.status = 'approved') AS is_approved
       FROM umpire_tried AS t JOIN umpire.referrals AS r ON r.relationship_id = t.relationship_id
       LEFT JOIN umpire.scores AS s ON s.relationship_id = t.relationship_id
     ) AS x`,
    [scoreImpact, lowRisk, mediumRisk, critical],
  );
  const { matches, rejected, approved, ...lifted } = summary.parse(counted.rows[0]);
  const listed = await client.query(
    `SELECT r.relationship_id AS "relationshipId", r.referee_id AS "refereeId", r.referrer_id AS "referrerId", coalesce(s.score, 0) AS score
     FROM umpire_tried AS t JOIN umpire.referrals AS r ON r.relationship_id = t.relationship_id
     LEFT JOIN umpire.scores AS s ON s.relationship_id = t.relationship_id
     ORDER BY r.at, r.event_id LIMIT ${LISTED}`,
  );
  return { matches, lifted, rejected, approved, referrals: z.array(referral).parse(listed.rows) };
}
