import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Pool } from '../postgres/connection.ts';
import { dbCount, type Queryable, row, rows } from '../postgres/rows.ts';
import { inSnapshot } from '../postgres/snapshot.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** An entry as it is exported: with the very text that was hashed, so that nobody needs a database to check it. */
export const auditEntry = z.object({
  seq: z.int().min(1),
  /** UTC, to the microsecond. */
  at: z.string().regex(/^\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
  actor: z.string(),
  onBehalfOf: z.string().nullable(),
  kind: z.string(),
  details: z.json(),
  previous: hash,
  hash,
  hashed: z.string(),
});
export type AuditEntry = z.infer<typeof auditEntry>;

/** A place in the chain: whoever was told it can prove later that the log was cut or rewritten. */
export type AuditHead = { readonly seq: number; readonly hash: string };

const HEAD = /^(\d{1,15}):([0-9a-f]{64})$/;

/** `<seq>:<hash>`; null for anything else. */
export function parseHead(text: string): AuditHead | null {
  const found = HEAD.exec(text);
  return found?.[1] === undefined || found[2] === undefined ? null : { seq: Number(found[1]), hash: found[2] };
}

export function headText({ seq, hash: digest }: AuditHead): string {
  return `${seq}:${digest}`;
}

/** The head that the log names; null where even that is gone. */
export async function readHead(db: Queryable): Promise<AuditHead | null> {
  return row(db, z.object({ seq: dbCount, hash: z.string() }), 'SELECT seq, hash FROM umpire.audit_head');
}

const BEGINNING = '0'.repeat(64);

/** What contradicts that this head was once the log's; null where the log contains it. */
export async function missesHead(db: Queryable, head: AuditHead): Promise<string | null> {
  if (head.seq === 0) return head.hash === BEGINNING ? null : 'is not where the log begins';
  const found = await row(db, z.object({ hash: z.string() }), 'SELECT hash FROM umpire.audit_log WHERE seq = $1', [
    head.seq,
  ]);
  if (found === null) return 'is not in the log: it was cut since';
  return found.hash === head.hash ? null : 'has another hash in the log: it was rewritten since';
}

/** The same for a login that does not read the log; of an entry that is not there it cannot tell why. */
export async function missesHeadUnread(db: Queryable, head: AuditHead): Promise<string | null> {
  const found = await row(db, z.object({ has: z.boolean() }), 'SELECT umpire.has_head($1, $2) AS has', [
    head.seq,
    head.hash,
  ]);
  return found?.has === true ? null : 'is not in the log: it was cut or rewritten since';
}

const PAGE = 1000;
const ENTRIES = `
  SELECT seq, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, actor, on_behalf_of AS "onBehalfOf", kind, details, previous, hash,
    umpire.audit_text(previous, seq, at, actor, on_behalf_of, kind, details) AS hashed
  FROM umpire.audit_log WHERE seq >= $1 AND seq <= $2 ORDER BY seq LIMIT ${PAGE}`;
const storedEntry = auditEntry.extend({ seq: dbCount });

/** The entries from one number to another, both included, in their order and of one state of the log. Returns how many. */
export async function exportAudit(
  pool: Pool,
  range: { readonly from: number; readonly to: number },
  write: (entry: AuditEntry) => Promise<void> | void,
): Promise<number> {
  return inSnapshot(pool, async (db) => {
    let count = 0;
    for (let next = range.from; ;) {
      const page = await rows(db, storedEntry, ENTRIES, [next, range.to]);
      for (const entry of page) await write(entry);
      count += page.length;
      const last = page.at(-1);
      if (last === undefined) return count;
      next = last.seq + 1;
    }
  });
}

export type AuditReport = {
  readonly entries: number;
  /** Of the entries that were read. */
  readonly first: number | null;
  readonly head: AuditHead | null;
  /** What contradicts the chain, by line. */
  readonly faults: readonly { readonly line: number; readonly fault: string }[];
};

/** Checks an exported log, line by line, without a database; `from` a number other than 1 it is a piece of one. */
export async function checkExport(lines: AsyncIterable<string>): Promise<AuditReport> {
  const faults: { line: number; fault: string }[] = [];
  let line = 0;
  let entries = 0;
  let first: number | null = null;
  let before: AuditHead | null = null;
  for await (const text of lines) {
    line += 1;
    if (text.trim() === '') continue;
    const entry = parseEntry(text);
    if (entry === null) {
      faults.push({ line, fault: 'is no entry of an audit log' });
      continue;
    }
    entries += 1;
    first ??= entry.seq;
    faults.push(...faultsOf(entry, before).map((fault) => ({ line, fault })));
    before = { seq: entry.seq, hash: entry.hash };
  }
  return { entries, first, head: before, faults };
}

function parseEntry(text: string): AuditEntry | null {
  try {
    return auditEntry.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

function faultsOf(entry: AuditEntry, before: AuditHead | null): string[] {
  const faults: string[] = [];
  const expected = before?.seq ?? entry.seq - 1;
  if (entry.seq !== expected + 1) faults.push(`is number ${entry.seq} where ${expected + 1} belongs`);
  const previous = before?.hash ?? (entry.seq === 1 ? BEGINNING : entry.previous);
  if (entry.previous !== previous) faults.push('does not follow the entry before it');
  if (createHash('sha256').update(entry.hashed).digest('hex') !== entry.hash) faults.push('does not have its hash');
  if (!isDeepStrictEqual(parsed(entry.hashed), fieldsOf(entry)))
    faults.push('says something else than what was hashed');
  return faults;
}

function fieldsOf({ previous, seq, at, actor, onBehalfOf, kind, details }: AuditEntry): unknown {
  // Whole seconds by the calendar, and the microseconds that it does not know.
  const micros = Date.parse(`${at.slice(0, -8)}Z`) * 1000 + Number(at.slice(-7, -1));
  return [previous, seq, micros, actor, onBehalfOf, kind, details];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
