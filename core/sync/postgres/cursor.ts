import type { AuditHead } from '../../review/audit-log.ts';
import type { Cursor } from '../ports.ts';

/**
 * What a pull has seen: its whole snapshot, the moment by which it told what can still be reversed, and what a server that was set back
 * and has moved on, which may have passed the snapshot, has not again: the head of the audit log, and the rows that were written last.
 * It goes unnoticed only where the log lost no entry and both rows were written once more since, or where neither an item nor a score
 * was written in the time that was lost, but names or payments alone: then what was lost of those is shown until their item changes.
 */
export type Seen = {
  readonly snapshot: string;
  readonly at: Date;
  readonly head: AuditHead;
  /** The item, and the score by its referral, that were written last; null where there is none. */
  readonly item: Written | null;
  readonly score: Written | null;
};
/** A row, and the transaction that wrote it: it is of this one until one that the snapshot has not seen writes it. */
export type Written = { readonly id: string; readonly tx: string };

const CURSOR = /^(\d{1,20}:\d{1,20}:[\d,]*)@([^#]+)#(\d{1,15}):([0-9a-f]{64})~([^~]*)~([^~]*)$/;
const WRITTEN = /^([0-9a-f-]{36}):(\d{1,20})$/;

export function cursorOf({ snapshot, at, head, item, score }: Seen): Cursor {
  return `${snapshot}@${at.toISOString()}#${head.seq}:${head.hash}~${textOf(item)}~${textOf(score)}`;
}

const textOf = (row: Written | null): string => (row === null ? '' : `${row.id}:${row.tx}`);

function writtenOf(text: string | undefined): Written | null {
  const [, id, tx] = WRITTEN.exec(text ?? '') ?? [];
  return id === undefined || tx === undefined ? null : { id, tx };
}

/** Null for what no server of ours has written. */
export function readCursor(cursor: Cursor): Seen | null {
  const [, snapshot, moment, seq, hash, item, score] = CURSOR.exec(cursor) ?? [];
  if (snapshot === undefined || moment === undefined || seq === undefined || hash === undefined) return null;
  const at = new Date(moment);
  if (Number.isNaN(at.getTime())) return null;
  return { snapshot, at, head: { seq: Number(seq), hash }, item: writtenOf(item), score: writtenOf(score) };
}

/** Tombstones are kept for 90 days (migration 0012): from an older cursor some are missed. */
const LONGEST_MS = 60 * 86_400_000;

/** Whether what was deleted since may have been forgotten, by the server's clock. */
export function isTooOld({ at }: Seen, now: Date): boolean {
  return now.getTime() - at.getTime() > LONGEST_MS;
}

/** Whether the one has seen transactions that the other's server has not begun: that server is not where it was. */
export function isAhead(seen: Seen, here: string): boolean {
  return xmax(seen.snapshot) > xmax(here);
}

function xmax(snapshot: string): bigint {
  return BigInt(snapshot.split(':')[1] ?? '0');
}
