import { PATTERN_TYPES } from '../../domain/vocabulary.ts';
import { patternFault } from '../../engine/patterns/compile.ts';
import { type PatternKey, patternKeys } from '../../engine/patterns/keys.ts';
import { type Client, inTransaction, type Pool } from '../../postgres/connection.ts';
import type { HashKey } from '../../postgres/hash-key.ts';
import { lockFacts } from '../derive/referrals.ts';

/**
 * Of `referrals.fraud_patterns AS p`: what decides whom it matches, how many points it adds and what its evidence says; and
 * who wrote it last, because one that was switched on and off again was seen switched on by whoever scored meanwhile.
 */
const DIGEST = `md5(jsonb_build_array(p.xmin::text, p.pattern_type, p.pattern_value, p.severity, p.score_impact, p.is_active)::text)`;

type Changed = { readonly id: string; readonly digest: string | null; readonly type: string; readonly value: string };

/**
 * Gives new keys to patterns that the owner made, changed, switched or deleted, and has the referrals scored again that
 * they match or matched. Few rows: all are looked at in every scan. Returns how many had changed.
 */
export async function copyPatterns(pool: Pool, key: HashKey): Promise<number> {
  const { rows } = await pool.query<Changed>(
    `SELECT coalesce(p.id::text, o.id) AS id, CASE WHEN p.id IS NOT NULL THEN ${DIGEST} END AS digest,
       coalesce(p.pattern_type::text, '') AS type, coalesce(p.pattern_value, '') AS value
     FROM referrals.fraud_patterns AS p
     FULL JOIN (SELECT id, digest FROM umpire.observed WHERE kind = 'pattern') AS o ON o.id = p.id::text
     WHERE CASE WHEN p.id IS NOT NULL THEN ${DIGEST} END IS DISTINCT FROM o.digest
     ORDER BY 1`,
  );
  for (const changed of rows) {
    await inTransaction(pool, async (client) => {
      await lockFacts(client);
      await copyPattern(client, changed, keysOf(changed, key));
    });
  }
  return rows.length;
}

/** One that cannot be understood has no keys and matches nothing. */
function keysOf({ digest, type, value }: Changed, key: HashKey): PatternKey[] {
  const known = PATTERN_TYPES.find((name) => name === type);
  if (digest === null || known === undefined || patternFault(known, value) !== null) return [];
  return patternKeys(known, value, key);
}

async function copyPattern(client: Client, { id, digest }: Changed, keys: readonly PatternKey[]): Promise<void> {
  await client.query(
    'CREATE TEMP TABLE IF NOT EXISTS umpire_matched (relationship_id uuid PRIMARY KEY) ON COMMIT DELETE ROWS',
  );
  const note = `INSERT INTO umpire_matched SELECT relationship_id FROM umpire.pattern_matches($1) ON CONFLICT DO NOTHING`;
  await client.query(note, [id]);
  await client.query(
    `INSERT INTO umpire_matched SELECT relationship_id FROM umpire.evidence WHERE signal = 'pattern:' || $1::text ON CONFLICT DO NOTHING`,
    [id],
  );
  await client.query('DELETE FROM umpire.pattern_keys WHERE pattern_id = $1', [id]);
  await client.query(
    `INSERT INTO umpire.pattern_keys (pattern_id, kind, key)
     SELECT $1, k.kind, k.key FROM jsonb_to_recordset($2::jsonb) AS k (kind text, key text) ON CONFLICT DO NOTHING`,
    [id, JSON.stringify(keys)],
  );
  await client.query(note, [id]);
  await client.query('SELECT umpire.mark_dirty(array_agg(relationship_id)) FROM umpire_matched');
  if (digest === null) {
    await client.query(`DELETE FROM umpire.observed WHERE kind = 'pattern' AND id = $1`, [id]);
    return;
  }
  await client.query(
    `INSERT INTO umpire.observed (kind, id, digest) VALUES ('pattern', $1, $2)
     ON CONFLICT (kind, id) DO UPDATE SET digest = excluded.digest`,
    [id, digest],
  );
}
