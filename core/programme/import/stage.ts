import type { Pool } from '../../postgres/connection.ts';
import type { StagedEvent } from './prepare.ts';

export type StageOutcome = {
  readonly fresh: number;
  readonly duplicates: number;
  /** Indexes of events whose id was seen before with other content. */
  readonly reused: readonly number[];
};

/** Keeps events that were not seen before, to be applied later. One statement, so a batch is staged whole or not at all. */
export async function stage(pool: Pool, importId: string, events: readonly StagedEvent[]): Promise<StageOutcome> {
  if (events.length === 0) return { fresh: 0, duplicates: 0, reused: [] };
  const { rows } = await pool.query<{ position: number; verdict: 'fresh' | 'duplicate' | 'reused' | 'unseen' }>(
    `WITH arrived AS (
       SELECT position::int AS position, id COLLATE "C" AS id, at, type, decode(digest, 'hex') AS digest, content,
         first_value(position) OVER first AS first_position, first_value(decode(digest, 'hex')) OVER first AS first_digest
       FROM unnest($2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::jsonb[])
         WITH ORDINALITY AS a (id, at, type, digest, content, position)
       WINDOW first AS (PARTITION BY id ORDER BY position)
     ),
     staged AS (
       INSERT INTO umpire.events (event_id, at, type, digest, status, content, import_id)
       SELECT id, at, type, digest, 'staged', content, $1 FROM arrived WHERE position = first_position
       ORDER BY id
       ON CONFLICT (event_id) DO NOTHING
       RETURNING event_id
     )
     SELECT a.position - 1 AS position,
       CASE
         WHEN s.event_id IS NOT NULL AND a.position = a.first_position THEN 'fresh'
         -- Another import wrote it while this statement ran, which sees only what was there when it began.
         WHEN s.event_id IS NULL AND e.event_id IS NULL THEN 'unseen'
         WHEN a.digest = coalesce(e.digest, a.first_digest) THEN 'duplicate'
         ELSE 'reused'
       END AS verdict
     FROM arrived AS a
     LEFT JOIN staged AS s ON s.event_id = a.id
     LEFT JOIN umpire.events AS e ON e.event_id = a.id`,
    [
      importId,
      events.map(({ id }) => id),
      events.map(({ at }) => at),
      events.map(({ type }) => type),
      events.map(({ digest }) => digest),
      events.map(({ content }) => JSON.stringify(content)),
    ],
  );
  const unseen = rows.filter(({ verdict }) => verdict === 'unseen').map(({ position }) => position);
  const reusedUnseen = await differing(pool, events, unseen);
  return {
    fresh: rows.filter(({ verdict }) => verdict === 'fresh').length,
    duplicates: rows.filter(({ verdict }) => verdict === 'duplicate').length + unseen.length - reusedUnseen.length,
    reused: [
      ...rows.filter(({ verdict }) => verdict === 'reused').map(({ position }) => position),
      ...reusedUnseen,
    ].sort((a, b) => a - b),
  };
}

/** Those of these events, by position, that are known with other content. */
async function differing(pool: Pool, events: readonly StagedEvent[], positions: readonly number[]): Promise<number[]> {
  if (positions.length === 0) return [];
  const { rows } = await pool.query<{ event_id: string; digest: string }>(
    `SELECT event_id, encode(digest, 'hex') AS digest FROM umpire.events WHERE event_id = ANY ($1)`,
    [positions.map((position) => events[position]?.id)],
  );
  const known = new Map(rows.map(({ event_id: id, digest }) => [id, digest]));
  return positions.filter((position) => known.get(events[position]?.id ?? '') !== events[position]?.digest);
}
