import type { Cursor } from '../ports.ts';

/** What a pull has seen: its whole snapshot, and the moment by which it told what can still be reversed. */
export type Seen = { readonly snapshot: string; readonly at: Date };

const CURSOR = /^(\d{1,20}:\d{1,20}:[\d,]*)@(.+)$/;

export function cursorOf({ snapshot, at }: Seen): Cursor {
  return `${snapshot}@${at.toISOString()}`;
}

/** Null for what no server of ours has written. */
export function readCursor(cursor: Cursor): Seen | null {
  const found = CURSOR.exec(cursor);
  if (found?.[1] === undefined || found[2] === undefined) return null;
  const at = new Date(found[2]);
  return Number.isNaN(at.getTime()) ? null : { snapshot: found[1], at };
}

/** Whether the one has seen transactions that the other's server has not begun: that server is not where it was. */
export function isAhead(seen: Seen, here: string): boolean {
  return xmax(seen.snapshot) > xmax(here);
}

function xmax(snapshot: string): bigint {
  return BigInt(snapshot.split(':')[1] ?? '0');
}
