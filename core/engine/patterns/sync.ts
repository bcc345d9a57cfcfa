import { PATTERN_TYPES, type PatternType } from '../../domain/vocabulary.ts';
import type { HashKey } from '../../postgres/hash-key.ts';
import { inTransaction, type Pool } from '../../postgres/connection.ts';
import { patternFault } from './compile.ts';
import { patternKeys } from './keys.ts';

/**
 * Gives keys to patterns that were written by somebody else than the import, e.g. by SQL, and has the referrals scored
 * again that they match. A pattern that cannot be understood gets none and matches nothing.
 */
export async function syncPatternKeys(pool: Pool, key: HashKey): Promise<void> {
  const { rows } = await pool.query<{ id: string; type: string; value: string }>(
    `SELECT p.id, p.pattern_type AS type, p.pattern_value AS value FROM referrals.fraud_patterns AS p
     WHERE NOT EXISTS (SELECT 1 FROM umpire.pattern_keys AS k WHERE k.pattern_id = p.id)`,
  );
  for (const { id, type, value } of rows) {
    const patternType: PatternType | undefined = PATTERN_TYPES.find((name) => name === type);
    if (patternType === undefined || patternFault(patternType, value) !== null) continue;
    const keys = patternKeys(patternType, value, key);
    await inTransaction(pool, async (client) => {
      await client.query(
        `INSERT INTO umpire.pattern_keys (pattern_id, kind, key)
         SELECT $1, k.kind, k.key FROM jsonb_to_recordset($2::jsonb) AS k (kind text, key text) ON CONFLICT DO NOTHING`,
        [id, JSON.stringify(keys)],
      );
      await client.query(`SELECT umpire.mark_dirty(array_agg(relationship_id)) FROM umpire.pattern_matches($1)`, [id]);
    });
  }
}
