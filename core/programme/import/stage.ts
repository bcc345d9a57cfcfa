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
  const { rows } = await pool.query<{ position: number; verdict: 'fresh' | 'duplicate' | 'reused' }>(
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
  return {
    fresh: rows.filter(({ verdict }) => verdict === 'fresh').length,
    duplicates: rows.filter(({ verdict }) => verdict === 'duplicate').length,
    reused: rows.filter(({ verdict }) => verdict === 'reused').map(({ position }) => position),
  };
}
