import { PATTERN_TYPES, type PatternType } from '../../domain/vocabulary.ts';
import type { HashKey } from '../../postgres/hash-key.ts';
import { type Client, inTransaction, type Pool, type Queryable } from '../../postgres/connection.ts';
import { patternFault } from './compile.ts';
import { type PatternKey, patternKeys } from './keys.ts';

/** Any fixed number: one sync at a time. */
const SYNC_LOCK = 7_226_004;

/** A pattern that differs from what was last synchronised; without a type it was deleted. */
type Changed = {
  readonly id: string;
  readonly type: string | null;
  readonly value: string;
  readonly writer: string | null;
  readonly hasOtherKeys: boolean;
};

const CHANGED = `
  SELECT coalesce(p.id, s.pattern_id) AS id, p.pattern_type::text AS type, coalesce(p.pattern_value, '') AS value, p.xmin::text AS writer,
    (s.pattern_type, s.pattern_value) IS DISTINCT FROM (p.pattern_type::text, p.pattern_value) AS "hasOtherKeys"
  FROM referrals.fraud_patterns AS p FULL JOIN umpire.pattern_states AS s ON s.pattern_id = p.id
  WHERE ($1::uuid IS NULL OR $1 IN (p.id, s.pattern_id))
    AND s.writer IS DISTINCT FROM p.xmin::text
  ORDER BY 1`;

/**
 * Takes over what was done to `referrals.fraud_patterns` by whomever, by SQL too: a pattern's keys follow its value, and the
 * referrals that it matches, or matched, are scored again. A pattern that cannot be understood gets no keys and matches nothing.
 * Returns how many patterns had been written.
 */
export async function syncPatternKeys(pool: Pool, key: HashKey): Promise<number> {
  const changed = await changedPatterns(pool, null);
  for (const { id } of changed) {
    // One a transaction: marks are set in the order of ids, and two patterns' would not be.
    await inTransaction(pool, (client) => followChanges(client, id, key));
  }
  return changed.length;
}

/** The same inside a transaction. */
export async function syncPatternKeysIn(client: Client, key: HashKey): Promise<void> {
  if ((await changedPatterns(client, null)).length > 0) await followChanges(client, null, key);
}

async function followChanges(client: Client, only: string | null, key: HashKey): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock($1)', [SYNC_LOCK]);
  for (const pattern of await changedPatterns(client, only)) await follow(client, pattern, key);
}

async function changedPatterns(db: Queryable, only: string | null): Promise<Changed[]> {
  return (await db.query<Changed>(CHANGED, [only])).rows;
}

async function follow(client: Client, { id, type, value, writer, hasOtherKeys }: Changed, key: HashKey): Promise<void> {
  await markMatches(client, id);
  if (type === null) {
    await client.query('DELETE FROM umpire.pattern_keys WHERE pattern_id = $1', [id]);
    await client.query('DELETE FROM umpire.pattern_states WHERE pattern_id = $1', [id]);
    return;
  }
  if (hasOtherKeys) {
    await client.query('DELETE FROM umpire.pattern_keys WHERE pattern_id = $1', [id]);
    await client.query(
      `INSERT INTO umpire.pattern_keys (pattern_id, kind, key)
       SELECT $1, k.kind, k.key FROM jsonb_to_recordset($2::jsonb) AS k (kind text, key text) ON CONFLICT DO NOTHING`,
      [id, JSON.stringify(keysOf(type, value, key))],
    );
    await markMatches(client, id);
  }
  // As it was read above: what was written to it since is another change.
  await client.query(
    `INSERT INTO umpire.pattern_states (pattern_id, pattern_type, pattern_value, writer) VALUES ($1, $2, $3, $4)
     ON CONFLICT (pattern_id) DO UPDATE SET pattern_type = excluded.pattern_type, pattern_value = excluded.pattern_value,
       writer = excluded.writer`,
    [id, type, value, writer],
  );
}

function keysOf(type: string, value: string, key: HashKey): PatternKey[] {
  const patternType: PatternType | undefined = PATTERN_TYPES.find((name) => name === type);
  if (patternType === undefined || patternFault(patternType, value) !== null) return [];
  return patternKeys(patternType, value, key);
}

/** Those that its keys match now, and those where it has fired. */
async function markMatches(client: Client, id: string): Promise<void> {
  await client.query(
    `SELECT umpire.mark_dirty(array_agg(relationship_id)) FROM (
       SELECT relationship_id FROM umpire.pattern_matches($1)
       UNION SELECT relationship_id FROM umpire.evidence WHERE signal = 'pattern:' || $1::text
     ) AS m`,
    [id],
  );
}
