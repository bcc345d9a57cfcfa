import type { Client } from '../../postgres/connection.ts';

export type LiveInstant = {
  /** Of the event, ISO 8601 with six digits. */
  readonly at: string;
  /** The engine's clock. */
  readonly now: Date;
};

/**
 * The instant of a live call about these subjects: the clock's, or just after the last live call about one of them where the
 * clock was set back since. Otherwise who switches a code off and then registers through it would find it on. Called with the
 * facts lock held, so that instants follow the order of the calls. `clock` null is the server's.
 */
export async function liveInstant(
  client: Client,
  subjects: readonly string[],
  clock: Date | null,
): Promise<LiveInstant> {
  const { rows } = await client.query<{ at: string; now: string }>(
    `WITH given AS (
       SELECT c.now, greatest(c.now, max(l.at) + interval '1 microsecond') AS at
       FROM (SELECT coalesce($2::timestamptz, clock_timestamp()) AS now) AS c
       LEFT JOIN umpire.live_instants AS l ON l.subject = ANY ($1) GROUP BY c.now
     ),
     kept AS (
       INSERT INTO umpire.live_instants (subject, at) SELECT s.subject, given.at FROM given, unnest($1::text[]) AS s (subject)
       ON CONFLICT (subject) DO UPDATE SET at = excluded.at
     )
     SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at,
       to_char(now AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS now
     FROM given`,
    [[...new Set(subjects)], clock],
  );
  const instant = rows[0];
  if (instant === undefined) throw new Error('the server told no time');
  return { at: instant.at, now: new Date(instant.now) };
}
