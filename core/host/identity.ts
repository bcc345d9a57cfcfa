import { DatabaseError } from 'pg';
import { z } from 'zod';
import { type Queryable, row } from '../postgres/rows.ts';

const identity = z.object({ server: z.string() });
const NOT_ALLOWED = '42501';

/**
 * Which login of which database of which server this is, whatever address and names lead there. Null where the server does not say: then
 * it is the same as no other.
 */
export async function serverIdentity(db: Queryable): Promise<string | null> {
  try {
    const found = await row(
      db,
      identity,
      `SELECT concat_ws('/', s.system_identifier, d.oid, r.oid) AS server
       FROM pg_control_system() AS s
         JOIN pg_database AS d ON d.datname = current_database() JOIN pg_roles AS r ON r.rolname = session_user`,
    );
    return found?.server ?? null;
  } catch (error) {
    if (error instanceof DatabaseError && error.code === NOT_ALLOWED) return null;
    throw error;
  }
}
