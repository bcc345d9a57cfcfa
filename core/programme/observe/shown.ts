import { inTransaction, type Pool } from '../../postgres/connection.ts';

/** Of all that an open or recently closed item shows to reviewers of the owner's rows; e-mails are told by `umpire.users`. */
const SHOWN = `
  SELECT i.item_id AS id, i.shown AS before, md5(concat_ws(' ', to_jsonb(q), r.status, r.is_flagged, r.source_app_id,
    extract(epoch FROM r.activated_at), extract(epoch FROM r.qualified_at), extract(epoch FROM r.retained_at), c.code,
    to_jsonb(referrer.name), to_jsonb(referee.name), money.seen)) AS now
  FROM umpire.items AS i
  JOIN referrals.review_queue AS q ON q.id = i.item_id
  JOIN referrals.relationships AS r ON r.id = q.relationship_id
  JOIN referrals.codes AS c ON c.id = r.code_id
  JOIN auth.users AS referrer ON referrer.id = r.referrer_id
  JOIN auth.users AS referee ON referee.id = r.referee_id
  LEFT JOIN LATERAL (
    SELECT sum(hashtextextended(concat_ws(' ', b.id, b.status, b.credits_final, b.hold_reason, extract(epoch FROM b.hold_until),
      extract(epoch FROM b.released_at), extract(epoch FROM b.created_at)), 0)) AS seen
    FROM umpire.bonuses_seen AS b WHERE b.relationship_id = r.id
  ) AS money ON true
  WHERE q.status IN ('pending', 'escalated') OR coalesce(q.reviewed_at, q.created_at) > now() - interval '31 days'`;

/**
 * Stamps the items that show something else than when they were last looked at: the owner may write what it likes, and caches ask
 * for what is stamped. One that somebody decides at this moment is left to the next scan. Returns how many.
 */
export async function stampShown(pool: Pool): Promise<number> {
  const differing = await pool.query<{ id: string; now: string }>(
    `SELECT s.id, s.now FROM (${SHOWN}) AS s WHERE s.before IS DISTINCT FROM s.now ORDER BY s.id`,
  );
  if (differing.rows.length === 0) return 0;
  return inTransaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `UPDATE umpire.items AS i SET shown = d.now, tx = pg_current_xact_id()
       FROM (
         SELECT l.item_id, x.now FROM unnest($1::uuid[], $2::text[]) AS x (id, now)
         JOIN umpire.items AS l ON l.item_id = x.id ORDER BY l.item_id FOR UPDATE OF l SKIP LOCKED
       ) AS d WHERE i.item_id = d.item_id`,
      [differing.rows.map(({ id }) => id), differing.rows.map(({ now }) => now)],
    );
    return rowCount ?? 0;
  });
}
