import type { AuditHead } from '../../review/audit-log.ts';
import type { Cursor } from '../ports.ts';

/**
 * What a pull has seen: its whole snapshot, the moment by which it told what can still be reversed, and the head of the audit log. A
 * server that was set back and has moved on may have passed the snapshot; the entry it cannot have again.
 */
export type Seen = { readonly snapshot: string; readonly at: Date; readonly head: AuditHead };

const CURSOR = /^(\d{1,20}:\d{1,20}:[\d,]*)@([^#]+)#(\d{1,15}):([0-9a-f]{64})$/;

export function cursorOf({ snapshot, at, head }: Seen): Cursor {
  return `${snapshot}@${at.toISOString()}#${head.seq}:${head.hash}`;
}

/** Null for what no server of ours has written. */
export function readCursor(cursor: Cursor): Seen | null {
  const [, snapshot, moment, seq, hash] = CURSOR.exec(cursor) ?? [];
  if (snapshot === undefined || moment === undefined || seq === undefined || hash === undefined) return null;
  const at = new Date(moment);
  return Number.isNaN(at.getTime()) ? null : { snapshot, at, head: { seq: Number(seq), hash } };
}

/** Whether the one has seen transactions that the other's server has not begun: that server is not where it was. */
export function isAhead(seen: Seen, here: string): boolean {
  return xmax(seen.snapshot) > xmax(here);
}

function xmax(snapshot: string): bigint {
  return BigInt(snapshot.split(':')[1] ?? '0');
}
