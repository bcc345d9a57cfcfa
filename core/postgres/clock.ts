import { z } from 'zod';
import { dbInstant, type Queryable, row } from './rows.ts';

/** The server's clock: this machine's may be wrong by days, and holds, reversals and due times must not depend on it. */
export async function serverNow(db: Queryable): Promise<Date> {
  const found = await row(db, z.object({ now: dbInstant }), 'SELECT clock_timestamp() AS now');
  if (found === null) throw new Error('the server told no time');
  return new Date(found.now);
}
