import type { Client } from '../postgres/connection.ts';

export type Take = {
  readonly now: Date;
  readonly size: number;
  /** Takes this one alone. */
  readonly only?: string;
  /** Whether another service owns the relationships, and may be changing or deleting them. */
  readonly observes: boolean;
};

/** Takes dirty referrals that nobody holds into `umpire_batch`; their rows stay locked until the transaction ends. */
export async function takeBatch(client: Client, { now, size, only, observes }: Take): Promise<string[]> {
  await client.query(
    `CREATE TEMP TABLE IF NOT EXISTS umpire_taken (relationship_id uuid PRIMARY KEY, generation bigint NOT NULL) ON COMMIT DELETE ROWS;
     CREATE TEMP TABLE IF NOT EXISTS umpire_batch (
       relationship_id uuid PRIMARY KEY, event_id text COLLATE "C", at timestamptz, referrer_id text, referee_id text, code_id uuid,
       ip_hash text COLLATE "C", network_hashes text[], device_hash text COLLATE "C", ip_type text, pattern_hits uuid[],
       qualified_at timestamptz, qualified_event text COLLATE "C", code_created_at timestamptz, referee_domain text COLLATE "C",
       is_rejected boolean
     ) ON COMMIT DELETE ROWS;
     CREATE TEMP TABLE IF NOT EXISTS umpire_fired (
       relationship_id uuid NOT NULL, signal text COLLATE "C" NOT NULL, points integer NOT NULL, evidence jsonb NOT NULL,
       PRIMARY KEY (relationship_id, signal)
     ) ON COMMIT DELETE ROWS`,
  );
  const { rows } = await client.query<{ relationship_id: string }>(
    `INSERT INTO umpire_taken
     SELECT relationship_id, generation FROM umpire.dirty
     WHERE (retry_at IS NULL OR retry_at <= $1) AND ($3::uuid IS NULL OR relationship_id = $3)
     ORDER BY generation LIMIT $2 FOR UPDATE SKIP LOCKED
     RETURNING relationship_id`,
    [now, size, only ?? null],
  );
  if (rows.length === 0) return [];
  await client.query(
    `SELECT 1 FROM umpire.referrals WHERE relationship_id IN (SELECT relationship_id FROM umpire_taken) ORDER BY relationship_id FOR UPDATE`,
  );
  if (observes) {
    // From here on none can be deleted, and none gets a bonus that is not seen here: one that came while the bonuses are being
    // settled could be held after its owner paid it. One that was deleted is cleared unscored, and the next full pass forgets it.
    await client.query(
      `SELECT 1 FROM referrals.relationships WHERE id IN (SELECT relationship_id FROM umpire_taken) ORDER BY id FOR UPDATE`,
    );
    await client.query(
      `INSERT INTO umpire.bonuses (bonus_id, at, event_id)
       SELECT b.id, b.created_at, 'bonus:' || b.id FROM umpire_taken AS t JOIN referrals.bonus_events AS b ON b.relationship_id = t.relationship_id
       ORDER BY b.id ON CONFLICT DO NOTHING`,
    );
  }
  await client.query(
    `INSERT INTO umpire_batch
     SELECT r.relationship_id, r.event_id, r.at, r.referrer_id, r.referee_id, r.code_id, r.ip_hash, r.network_hashes, r.device_hash,
       r.ip_type, r.pattern_hits, r.qualified_at, r.qualified_event, c.created_at, u.email_domain, r.is_rejected
     FROM umpire_taken AS t
     JOIN umpire.referrals AS r ON r.relationship_id = t.relationship_id
     JOIN referrals.relationships AS o ON o.id = t.relationship_id
     JOIN referrals.codes AS c ON c.id = r.code_id
     LEFT JOIN umpire.users AS u ON u.user_id = r.referee_id`,
  );
  await client.query('ANALYZE umpire_batch');
  return rows.map(({ relationship_id: id }) => id);
}

/** Clears the marks that are still those that were taken: what became dirty meanwhile stays. */
export async function clearBatch(client: Client): Promise<void> {
  await client.query(
    `UPDATE umpire.registrations AS g SET is_settled = true
     FROM umpire_batch AS b WHERE g.event_id = b.event_id AND NOT g.is_settled`,
  );
  await client.query(
    `DELETE FROM umpire.dirty AS d USING umpire_taken AS t
     WHERE d.relationship_id = t.relationship_id AND d.generation = t.generation`,
  );
}
