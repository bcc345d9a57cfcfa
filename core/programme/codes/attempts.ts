import { CODE_TYPES } from '../../domain/vocabulary.ts';
import type { Client } from '../../postgres/connection.ts';
import { microsSql } from '../instant.ts';
import type { CreationAttempt } from './judge.ts';

/** Attempts that contest each other, and what became of them so far. */
export type Contest = {
  /** In (at, id) order. What a live caller was told is refused stays so, and is left out. */
  readonly attempts: readonly CreationAttempt[];
  /** By event id; null where an attempt was not judged yet. */
  readonly outcomes: ReadonlyMap<string, string | null>;
  /** Codes that no event made: they were in the database before Umpire. */
  readonly adopted: ReadonlySet<string>;
};

/**
 * The codes that attempts of the page contest, directly or through others: two attempts meet in their code, or in their user
 * where that one's limits apply, which campaign codes are not under.
 */
export async function contestedCodes(client: Client): Promise<readonly string[]> {
  const codes = new Set<string>();
  const users = new Set<string>();
  const page = await client.query<{ code: string }>(
    `SELECT DISTINCT content ->> 'code' AS code FROM umpire_page WHERE type = 'code.created'`,
  );
  let newCodes = page.rows.map(({ code }) => code);
  while (newCodes.length > 0) {
    for (const code of newCodes) codes.add(code);
    const owners = await client.query<{ user_id: string }>(
      `SELECT DISTINCT fields ->> 'user_id' AS user_id FROM umpire.code_events
       WHERE kind = 'created' AND fields ->> 'type' <> 'campaign' AND code = ANY ($1)`,
      [newCodes],
    );
    const newUsers = owners.rows.map(({ user_id: id }) => id).filter((id) => !users.has(id));
    for (const id of newUsers) users.add(id);
    const theirs = await client.query<{ code: string }>(
      `SELECT DISTINCT code FROM umpire.code_events
       WHERE kind = 'created' AND fields ->> 'type' <> 'campaign' AND fields ->> 'user_id' = ANY ($1)`,
      [newUsers],
    );
    newCodes = theirs.rows.map(({ code }) => code).filter((code) => !codes.has(code));
  }
  return [...codes];
}

export async function loadContest(client: Client, codes: readonly string[]): Promise<Contest> {
  const { rows } = await client.query<{
    event_id: string;
    micros: string;
    code: string;
    user_id: string;
    type: string;
    outcome: string | null;
    stands: boolean;
  }>(
    `SELECT e.event_id, ${microsSql('e.at')} AS micros, e.code, e.fields ->> 'user_id' AS user_id, e.fields ->> 'type' AS type, e.outcome,
       coalesce(e.outcome = 'accepted' AND (e.is_settled OR umpire.code_stands(c.id)), false) AS stands
     FROM umpire.code_events AS e LEFT JOIN referrals.codes AS c ON c.code = e.code
     WHERE e.kind = 'created' AND e.code = ANY ($1) AND (NOT e.is_settled OR e.outcome = 'accepted')
     ORDER BY e.at, e.event_id`,
    [codes],
  );
  const adopted = await client.query<{ code: string }>(
    `SELECT c.code FROM referrals.codes AS c
     WHERE c.code = ANY ($1) AND NOT EXISTS (SELECT 1 FROM umpire.code_events AS e WHERE e.code = c.code AND e.outcome = 'accepted')`,
    [codes],
  );
  return {
    attempts: rows.map((row) => ({
      eventId: row.event_id,
      at: Number(row.micros),
      code: row.code,
      userId: row.user_id,
      type: CODE_TYPES.find((name) => name === row.type) ?? 'custom',
      stands: row.stands,
    })),
    outcomes: new Map(rows.map(({ event_id: id, outcome }) => [id, outcome])),
    adopted: new Set(adopted.rows.map(({ code }) => code)),
  };
}
