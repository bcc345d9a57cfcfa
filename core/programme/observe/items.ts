import { inTransaction, type Pool } from '../../postgres/connection.ts';

/**
 * Review items that the owner wrote itself get a version, without which nobody could decide them, and those that it
 * deleted lose theirs. A referral that is left without an item it should have is marked for scoring, which opens one: its
 * credits would be held unseen. Returns how many.
 */
export async function copyItems(pool: Pool): Promise<number> {
  return inTransaction(pool, async (client) => {
    const gone = await client.query(
      `DELETE FROM umpire.items AS i WHERE NOT EXISTS (SELECT 1 FROM referrals.review_queue AS q WHERE q.id = i.item_id)`,
    );
    const made = await client.query(
      `INSERT INTO umpire.items (item_id, relationship_id)
       SELECT q.id, q.relationship_id FROM referrals.review_queue AS q
       JOIN umpire.referrals AS r ON r.relationship_id = q.relationship_id
       WHERE NOT EXISTS (SELECT 1 FROM umpire.items AS i WHERE i.item_id = q.id)
       ORDER BY q.id ON CONFLICT DO NOTHING`,
    );
    const lacking = await client.query(
      `SELECT umpire.mark_dirty(array_agg(s.relationship_id)) FROM umpire.scores AS s
       JOIN umpire.referrals AS r ON r.relationship_id = s.relationship_id
       WHERE s.held_band >= 'high' AND NOT coalesce(s.held_band <= s.approved_band, false) AND NOT r.is_rejected
         AND NOT EXISTS (SELECT 1 FROM umpire.dirty AS d WHERE d.relationship_id = s.relationship_id)
         AND NOT EXISTS (
           SELECT 1 FROM referrals.review_queue AS q WHERE q.relationship_id = s.relationship_id AND q.status IN ('pending', 'escalated')
         )
       HAVING count(*) > 0`,
    );
    return (gone.rowCount ?? 0) + (made.rowCount ?? 0) + (lacking.rowCount ?? 0);
  });
}
