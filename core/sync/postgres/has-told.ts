import type { Queryable } from '../../postgres/rows.ts';
import { missesHeadUnread } from '../../review/audit-log.ts';
import type { Cursor } from '../ports.ts';
import { readCursor } from './cursor.ts';

/** Whether this server has in its log what whoever was given this cursor was told; false too where no server of ours gave it. */
export async function hasTold(db: Queryable, cursor: Cursor): Promise<boolean> {
  const head = readCursor(cursor)?.head;
  return head !== undefined && (await missesHeadUnread(db, head)) === null;
}
