import { type Client, inTransaction, type Pool } from '../../postgres/connection.ts';
import { syncPatternKeys } from '../../engine/patterns/sync.ts';
import { checkHashKey, type HashKey } from '../../postgres/hash-key.ts';
import { recordedMode } from '../../postgres/mode.ts';
import { lockFacts, prepareDerivation } from '../derive/referrals.ts';
import { copyBonuses, differingBonuses, markPending } from './bonuses.ts';
import { bonusesToSee, referralsToSee, usersToSee, type Window } from './candidates.ts';
import { scanOf } from './facts.ts';
import { copyItems } from './items.ts';
import type { Ids } from './pages.ts';
import { copyPeople, differingPeople } from './people.ts';
import { copyReferrals, differingReferrals } from './referrals.ts';
import { stampShown } from './shown.ts';

export type ScanOptions = {
  /** The engine's clock. */
  readonly now: Date;
  readonly key: HashKey;
  /** Looks at every row: finds what changed without any time, and what was deleted. */
  readonly full: boolean;
  /** Ends the scan after the page under way; what it found stays, and the next one looks again from where this one began. */
  readonly signal?: AbortSignal | undefined;
};

export type ScanReport = {
  /** Whether every row was looked at; a first scan always does. */
  readonly full: boolean;
  /** Users, referrals, bonuses, patterns and items of which something was new, changed or gone. */
  readonly users: number;
  readonly referrals: number;
  readonly bonuses: number;
  readonly patterns: number;
  readonly items: number;
  /** Referrals marked for scoring because of a pending bonus alone. */
  readonly pending: number;
};

/**
 * How far a scan looks back behind the start of the one before: what a transaction wrote that began so long before it
 * committed, and what clocks that differ by no more than this wrote, is found by the next scan. The full pass finds the rest.
 */
const OVERLAP_MS = 60 * 60 * 1000;

/**
 * Observe mode: finds what the owner of the programme changed, keeps Umpire's own facts of it, and marks for scoring every
 * referral whose signals look at it (SPEC 1). Reads the owner's tables and locks nothing of theirs; writes schema `umpire`
 * only, and nothing where nothing changed. May run on several machines at once. Throws in programme mode.
 */
export async function scanChanges(pool: Pool, options: ScanOptions): Promise<ScanReport> {
  if ((await recordedMode(pool)) !== 'observe') {
    throw new Error('Only a database in observe mode is scanned: in programme mode Umpire wrote everything itself.');
  }
  await checkHashKey(pool, options.key);
  const begin = await beginning(pool, options);
  const scan = scanOf(options.key, begin.ledger);
  const stopped = (): boolean => options.signal?.aborted === true;
  const write = (work: (client: Client) => Promise<void>): Promise<void> =>
    inTransaction(pool, async (client) => {
      await lockFacts(client);
      await prepareDerivation(client);
      await work(client);
    });

  const report = { full: begin.since === null, users: 0, referrals: 0, bonuses: 0, patterns: 0, items: 0, pending: 0 };
  const statistics = refresher(pool, report.full);
  report.users = await throughPages(usersToSee(pool, begin), stopped, async (ids) => {
    const differing = await differingPeople(pool, ids, scan);
    if (differing.length === 0) return 0;
    await write(async (client) => {
      await copyPeople(client, differing, scan);
      await client.query('SELECT umpire.mark_dirty(array_agg(relationship_id)) FROM umpire_rescored');
    });
    await statistics();
    return differing.length;
  });
  report.referrals = await throughPages(referralsToSee(pool, begin), stopped, async (ids) => {
    const differing = await differingReferrals(pool, ids);
    if (differing.length === 0) return 0;
    await write((client) => copyReferrals(client, differing, scan));
    await statistics();
    return differing.length;
  });
  report.bonuses = await throughPages(bonusesToSee(pool, begin), stopped, async (ids) => {
    const differing = await differingBonuses(pool, ids);
    if (differing.length > 0) await write((client) => copyBonuses(client, differing));
    return differing.length;
  });
  if (stopped()) return report;
  report.patterns = await syncPatternKeys(pool, options.key);
  report.items = await copyItems(pool);
  await stampShown(pool);
  report.pending = await markPending(pool);
  await remember(pool, begin);
  return report;
}

type Beginning = Window & { readonly startedAt: Date };

/**
 * Where this scan looks from. A machine whose clock is ahead must not make the next scan look at too little: the earlier of
 * its clock and the server's counts.
 */
async function beginning(pool: Pool, { now, full }: ScanOptions): Promise<Beginning> {
  const { rows } = await pool.query<{ started_at: Date; changes: Date | null; full: Date | null; ledger: boolean }>(
    `SELECT least($1::timestamptz, clock_timestamp()) AS started_at, umpire.has_ledger() AS ledger,
       (SELECT started_at FROM umpire.scans WHERE kind = 'changes') AS changes,
       (SELECT started_at FROM umpire.scans WHERE kind = 'full') AS full`,
    [now],
  );
  const found = rows[0];
  if (found === undefined) throw new Error('the server told no time');
  const { started_at: startedAt, ledger, changes } = found;
  if (full || changes === null || found.full === null) return { startedAt, ledger, since: null };
  const from = Math.min(changes.getTime(), startedAt.getTime());
  return { startedAt, ledger, since: new Date(from - OVERLAP_MS) };
}

/** A full pass has seen all that a scan for changes would have. */
async function remember(pool: Pool, { since, startedAt }: Beginning): Promise<void> {
  await pool.query(
    `INSERT INTO umpire.scans (kind, started_at) SELECT kind, $2 FROM unnest($1::text[]) AS k (kind) ORDER BY kind
     ON CONFLICT (kind) DO UPDATE SET started_at = excluded.started_at`,
    [since === null ? ['changes', 'full'] : ['changes'], startedAt],
  );
}

async function throughPages(
  all: AsyncGenerator<Ids>,
  stopped: () => boolean,
  work: (ids: Ids) => Promise<number>,
): Promise<number> {
  let done = 0;
  for await (const ids of all) {
    if (stopped()) return done;
    done += await work(ids);
  }
  return done;
}

/** The planner must not take tables that fill up in a first pass for the empty ones they were. */
function refresher(pool: Pool, full: boolean): () => Promise<void> {
  let written = 0;
  return async () => {
    written += 1;
    if (!full || written < 2 || Math.log2(written) % 1 !== 0) return;
    await pool.query(
      'ANALYZE umpire.users, umpire.observed, umpire.sightings, umpire.usages, umpire.purchases, umpire.referrals, umpire.dirty',
    );
  };
}
