import { z } from 'zod';
import { beside, type Pool } from './connection.ts';
import { type Queryable, rows } from './rows.ts';

/** What a reviewer's transaction locked is in the way from then on. */
const OLDER_THAN_SECONDS = 60;
const EVERY_MS = 10_000;

export type Obstructions = {
  readonly olderThanSeconds?: number;
  readonly everyMs?: number;
};

/**
 * Ends sessions of reviewers in which something is locked for longer than `olderThanSeconds`, and those with advisory locks;
 * returns their logins. For owner and engine.
 */
export async function endObstructions(db: Queryable, olderThanSeconds = OLDER_THAN_SECONDS): Promise<string[]> {
  const ended = await rows(
    db,
    z.object({ login: z.string() }),
    'SELECT login FROM umpire.end_obstructions(make_interval(secs => $1)) AS e (login)',
    [olderThanSeconds],
  );
  return ended.map(({ login }) => login);
}

/**
 * Ends such sessions before the work and again and again while it goes on, by a connection of its own: all others may be
 * waiting. What fails here is left to the work to meet.
 */
export async function withoutObstructions<Result>(
  pool: Pool,
  onEnded: (login: string) => void,
  work: () => Promise<Result>,
  { olderThanSeconds, everyMs = EVERY_MS }: Obstructions = {},
): Promise<Result> {
  const own = beside(pool, 'umpire obstructions', 1);
  const look = async (): Promise<void> => {
    try {
      for (const login of await endObstructions(own, olderThanSeconds)) onEnded(login);
    } catch {
      // The server is gone or going.
    }
  };
  let looked = look();
  const timer = setInterval(() => void (looked = looked.then(look)), everyMs);
  try {
    await looked;
    return await work();
  } finally {
    clearInterval(timer);
    await looked;
    await own.end();
  }
}

/** What is said of a session that was ended. */
export function endedInWords(login: string): string {
  return `A session of ${login} was ended: it kept the programme waiting.`;
}
