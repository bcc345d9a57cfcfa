import type { CaseFile } from '../contract/case.ts';
import type { Pool } from '../postgres/connection.ts';
import type { Queryable } from '../postgres/rows.ts';
import { inSnapshot } from '../postgres/snapshot.ts';
import { caseFileOf, type Reader } from './case-file.ts';
import { readClaim } from './claims.ts';
import { readCaseFacts } from './read-case-facts.ts';
import { recentSignalRecords } from './signal-record.ts';

/**
 * All that one review needs, as of one state of the database; null when there is no such item. Sentences tell times in
 * `zone`, which is the reader's where it is not given.
 */
export async function readCase(
  pool: Pool,
  itemId: string,
  now: Date,
  zone = Intl.DateTimeFormat().resolvedOptions().timeZone,
): Promise<CaseFile | null> {
  const records = await recentSignalRecords(pool);
  return inSnapshot(pool, (db) => readCaseFile(db, itemId, { now, zone, records }));
}

/** The same in somebody's own snapshot. */
export async function readCaseFile(
  db: Queryable,
  itemId: string,
  reader: Omit<Reader, 'claim'>,
): Promise<CaseFile | null> {
  const [facts] = await readCaseFacts(db, [itemId], reader.now);
  return facts === undefined ? null : caseFileOf(facts, { ...reader, claim: await readClaim(db, itemId) });
}
