import { inTransaction, type Client, type Pool } from '../../postgres/connection.ts';
import { type Ids, pages } from './pages.ts';

/** The bonuses among these that Umpire does not know as the owner wrote them. */
export async function differingBonuses(pool: Pool, ids: Ids): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT coalesce(b.id, f.bonus_id) AS id
     FROM (SELECT id, created_at FROM referrals.bonus_events WHERE id = ANY ($1)) AS b
     FULL JOIN (SELECT bonus_id, at FROM umpire.bonuses WHERE bonus_id = ANY ($1)) AS f ON f.bonus_id = b.id
     WHERE b.created_at IS DISTINCT FROM f.at`,
    [ids],
  );
  return rows.map(({ id }) => id);
}

export async function copyBonuses(client: Client, ids: Ids): Promise<void> {
  await client.query(
    `DELETE FROM umpire.bonuses AS f
     WHERE f.bonus_id = ANY ($1) AND NOT EXISTS (SELECT 1 FROM referrals.bonus_events AS b WHERE b.id = f.bonus_id)`,
    [ids],
  );
  await client.query(
    `INSERT INTO umpire.bonuses AS f (bonus_id, at, event_id)
     SELECT b.id, b.created_at, 'bonus:' || b.id FROM referrals.bonus_events AS b WHERE b.id = ANY ($1) ORDER BY b.id
     ON CONFLICT (bonus_id) DO UPDATE SET at = excluded.at WHERE f.at <> excluded.at`,
    [ids],
  );
}

/**
 * Has every referral scored that has a pending bonus: the owner may have written it at any time and with any time in it.
 * One that waits to be scored already is left, and so is its next attempt. Returns how many were marked.
 */
export async function markPending(pool: Pool): Promise<number> {
  let marked = 0;
  const pending = pages(
    pool,
    'uuid',
    (size) => `
      SELECT DISTINCT b.relationship_id AS id FROM referrals.bonus_events AS b
      JOIN umpire.referrals AS r ON r.relationship_id = b.relationship_id
      WHERE b.status = 'pending' AND ($1::uuid IS NULL OR b.relationship_id > $1)
        AND NOT EXISTS (SELECT 1 FROM umpire.dirty AS d WHERE d.relationship_id = b.relationship_id)
      ORDER BY 1 LIMIT ${size}`,
  );
  for await (const ids of pending) {
    await inTransaction(pool, (client) => client.query('SELECT umpire.mark_dirty($1)', [ids]));
    marked += ids.length;
  }
  return marked;
}
