import { PATTERN_TYPES, type PatternType } from '../../domain/vocabulary.ts';
import type { HashKey } from '../../postgres/hash-key.ts';
import { type Client, inTransaction, type Pool, type Queryable } from '../../postgres/connection.ts';
import { patternFault } from './compile.ts';
import { patternKeys } from './keys.ts';

type Unkeyed = { readonly id: string; readonly type: string; readonly value: string };

/**
 * Gives keys to patterns that were written by somebody else than the import, e.g. by SQL, and has the referrals scored
 * again that they match. A pattern that cannot be understood gets none and matches nothing.
 */
export async function syncPatternKeys(pool: Pool, key: HashKey): Promise<void> {
  for (const pattern of await unkeyed(pool)) {
    await inTransaction(pool, (client) => giveKeys(client, pattern, key));
  }
}

/** The same inside a transaction. */
export async function syncPatternKeysIn(client: Client, key: HashKey): Promise<void> {
  for (const pattern of await unkeyed(client)) await giveKeys(client, pattern, key);
}

async function unkeyed(db: Queryable): Promise<Unkeyed[]> {
  const { rows } = await db.query<Unkeyed>(
    `SELECT p.id, p.pattern_type AS type, p.pattern_value AS value FROM referrals.fraud_patterns AS p
     WHERE NOT EXISTS (SELECT 1 FROM umpire.pattern_keys AS k WHERE k.pattern_id = p.id)`,
  );
  return rows;
}

async function giveKeys(client: Client, { id, type, value }: Unkeyed, key: HashKey): Promise<void> {
  const patternType: PatternType | undefined = PATTERN_TYPES.find((name) => name === type);
  if (patternType === undefined || patternFault(patternType, value) !== null) return;
  await client.query(
    `INSERT INTO umpire.pattern_keys (pattern_id, kind, key)
     SELECT $1, k.kind, k.key FROM jsonb_to_recordset($2::jsonb) AS k (kind text, key text) ON CONFLICT DO NOTHING`,
    [id, JSON.stringify(patternKeys(patternType, value, key))],
  );
  await client.query(`SELECT umpire.mark_dirty(array_agg(relationship_id)) FROM umpire.pattern_matches($1)`, [id]);
}
