import { z } from 'zod';
import { type Queryable, row } from '../../postgres/rows.ts';
import { missesHeadUnread } from '../../review/audit-log.ts';
import { type Epoch, ServerFailure } from '../ports.ts';
import { type Access, inSession } from './session.ts';

/** Of the database as it is now. */
export async function readEpoch(db: Queryable): Promise<Epoch> {
  const found = await row(db, z.object({ epoch: z.string() }), 'SELECT umpire.epoch() AS epoch');
  if (found === null) throw new ServerFailure('refused', 'The server told nothing of itself.');
  return found.epoch;
}

/** The stored counter and how many migrations there are: `migrate` changes them, and the history goes on. */
const MIGRATED = 2;

/** Whether two epochs are of one server and database that was at most migrated between them, so that cursors of the one may go on in the other. */
export function isOneLine(one: Epoch, other: Epoch): boolean {
  const lineOf = (epoch: Epoch): string => epoch.split('.').slice(0, -MIGRATED).join('.');
  return lineOf(one) !== '' && lineOf(one) === lineOf(other);
}

/**
 * As `inSession`, in the history that the last hello and the last pull told. A pool goes on by itself on a server that was restored; versions and stamps
 * mean something else there, and a decision could have its effect on evidence that nobody looked at.
 */
export const inEpoch: typeof inSession = (access: Access, begin, work) =>
  inSession(access, begin, async (db, apart) => {
    const told = access.epoch?.() ?? null;
    const head = access.head?.() ?? null;
    const isOther = told !== null && (await readEpoch(db)) !== told;
    if (isOther || (head !== null && (await missesHeadUnread(db, head)) !== null)) {
      throw new ServerFailure('link', 'The database was restored or migrated meanwhile.');
    }
    return work(db, apart);
  });
