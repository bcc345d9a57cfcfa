import type { Client } from '../postgres/connection.ts';

export type Take = {
  readonly now: Date;
  readonly size: number;
  /** Takes this one alone. */
  readonly only?: string;
  /** Whether another service owns the relationships, and may be changing or deleting them. */
  readonly observes: boolean;
};

export type Taken = {
  readonly ids: readonly string[];
  /** Left for later, because the service that owns them was writing them. */
  readonly busy: number;
};

/** Takes dirty referrals that nobody holds into `umpire_batch`; their rows stay locked until the transaction ends. */
export async function takeBatch(client: Client, { now, size, only, observes }: Take): Promise<Taken> {
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
  if (rows.length === 0) return { ids: [], busy: 0 };
  await client.query(
    `SELECT 1 FROM umpire.referrals WHERE relationship_id IN (SELECT relationship_id FROM umpire_taken) ORDER BY relationship_id FOR UPDATE`,
  );
  let busy: readonly string[] = [];
  if (observes) {
    // From here on none can be deleted, and none gets a bonus that is not seen here: one that came while the bonuses are being
    // settled could be held after its owner paid it. One that was deleted is cleared unscored, and the next full pass forgets it.
    busy = await leaveBusy(client, now);
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
  const left = new Set(busy);
  return { ids: rows.map(({ relationship_id: id }) => id).filter((id) => !left.has(id)), busy: busy.length };
}

const BUSY_SECONDS = 5;

/**
 * Locks the owner's rows of what was taken, without waiting: one that the owner is writing would stop all the others. It
 * stays dirty and is tried again. One that is gone is no such one.
 */
async function leaveBusy(client: Client, now: Date): Promise<string[]> {
  const { rows } = await client.query<{ relationship_id: string }>(
    `WITH locked AS MATERIALIZED (
       SELECT id FROM referrals.relationships WHERE id IN (SELECT relationship_id FROM umpire_taken) ORDER BY id FOR UPDATE SKIP LOCKED
     )
     DELETE FROM umpire_taken AS t
     WHERE NOT EXISTS (SELECT 1 FROM locked AS l WHERE l.id = t.relationship_id)
       AND EXISTS (SELECT 1 FROM referrals.relationships AS r WHERE r.id = t.relationship_id)
     RETURNING relationship_id`,
  );
  const busy = rows.map(({ relationship_id: id }) => id);
  if (busy.length > 0) {
    await client.query(
      `UPDATE umpire.dirty SET retry_at = $2::timestamptz + interval '${BUSY_SECONDS} seconds',
         error = 'The service that owns this referral was writing it.' WHERE relationship_id = ANY ($1)`,
      [busy, now],
    );
  }
  return busy;
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
