import { syncPatternKeys } from '../../engine/patterns/sync.ts';
import { inTransaction, type Pool } from '../../postgres/connection.ts';
import type { HashKey } from '../../postgres/hash-key.ts';

/**
 * Who wrote the pattern last. One that was switched on and off again says what it said before, and was seen switched on by
 * whoever scored meanwhile.
 */
const WRITER = 'p.xmin::text';

/**
 * Has the referrals scored again that a pattern matches or matched which the owner wrote since the last scan. Few rows: all
 * are looked at in every scan. Returns how many had been written.
 */
export async function copyPatterns(pool: Pool, key: HashKey): Promise<number> {
  const { rows } = await pool.query<{ id: string; writer: string | null }>(
    `SELECT coalesce(p.id::text, o.id) AS id, ${WRITER} AS writer
     FROM referrals.fraud_patterns AS p
     FULL JOIN (SELECT id, digest FROM umpire.observed WHERE kind = 'pattern') AS o ON o.id = p.id::text
     WHERE ${WRITER} IS DISTINCT FROM o.digest ORDER BY 1`,
  );
  // Another value has other keys: those of the old one are looked at before they go.
  for (const { id } of rows) {
    await inTransaction(pool, (client) =>
      client.query(
        `SELECT umpire.mark_dirty(array_agg(relationship_id)) FROM (
           SELECT relationship_id FROM umpire.pattern_matches($1)
           UNION SELECT relationship_id FROM umpire.evidence WHERE signal = 'pattern:' || $1::text
         ) AS m`,
        [id],
      ),
    );
  }
  await syncPatternKeys(pool, key);
  const gone = rows.filter(({ writer }) => writer === null).map(({ id }) => id);
  await pool.query(`DELETE FROM umpire.observed WHERE kind = 'pattern' AND id = ANY ($1)`, [gone]);
  await pool.query(
    `INSERT INTO umpire.observed (kind, id, digest)
     SELECT 'pattern', w.id, w.writer FROM jsonb_to_recordset($1::jsonb) AS w (id text, writer text)
     ON CONFLICT (kind, id) DO UPDATE SET digest = excluded.digest`,
    [JSON.stringify(rows.filter(({ writer }) => writer !== null))],
  );
  return rows.length;
}
