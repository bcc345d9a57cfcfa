import { createHash } from 'node:crypto';
import { score } from '../../engine/score.ts';
import type { HashKey } from '../../postgres/hash-key.ts';
import type { Pool } from '../../postgres/connection.ts';
import { type DecisionCall, decide } from '../../review/decide.ts';
import { importEvents } from '../import/import.ts';
import { eventSource } from '../import/source.ts';
import { advanceStages } from '../jobs/advance-stages.ts';
import { releaseHolds } from '../jobs/release-holds.ts';
import type { Demo, DemoEvent } from './demo.ts';
import { Random } from './prng.ts';
import { DAY } from './time.ts';
import type { Truth } from './truth.ts';

export type LivedOptions = {
  readonly key: HashKey;
  /** The end of the programme. */
  readonly until: Date;
  readonly signal: AbortSignal;
  /** Called after each week that was lived through. */
  readonly onWeek: (done: number, total: number) => void;
};

const WEEK = 7 * DAY;
/** A case is looked at two days after it came in at the earliest. */
const UNREAD = 2 * DAY;
/** Share of the open cases decided in an ordinary week, and in the last ones, which leave a backlog. */
const DECIDED = { ordinary: 0.85, last: 0.15, lastWeeks: 8 };
const MISTAKES = 0.05;
const ESCALATIONS = 0.03;
const ANALYSTS = ['lena@umpire-demo.example', 'tomasz@umpire-demo.example', 'priya@umpire-demo.example'] as const;

/**
 * Runs a demo programme week by week, as if Umpire had been there: events are imported and scored as they came, holds end,
 * and three analysts decide most cases, now and then wrongly. Cut off at any point, the same call completes it: events,
 * scores and decisions are each made once.
 */
export async function liveThrough(pool: Pool, programme: Demo, options: LivedOptions): Promise<void> {
  const truth = new Map<string, Truth>();
  for (const entry of programme.truth) truth.set(entry.refereeId, entry);
  const total = countWeeks(programme.events, options.until);
  let done = 0;
  for (const { events, end } of weeks(programme.events, options.until)) {
    options.signal.throwIfAborted();
    const now = new Date(end);
    await importEvents(
      pool,
      eventSource(() => events),
      { key: options.key, now },
    );
    await advanceStages(pool, now);
    await score(pool, { now, signal: options.signal });
    await releaseHolds(pool, now);
    done += 1;
    if (done < total)
      await decideWeek(pool, truth, now, total - done <= DECIDED.lastWeeks ? DECIDED.last : DECIDED.ordinary);
    // The planner must not take tables that fill up here for the empty ones they were.
    if (done >= 4 && Math.log2(done) % 1 === 0) await pool.query('ANALYZE');
    options.onWeek(done, total);
  }
}

type Week = { readonly events: readonly DemoEvent[]; readonly end: number };

/** The events in weeks that end at `until`, the last one whole. */
function* weeks(events: Iterable<DemoEvent>, until: Date): Generator<Week> {
  let week: DemoEvent[] = [];
  let end: number | null = null;
  for (const event of events) {
    const at = Date.parse(event.at);
    end ??= weekEnd(at, until);
    while (at > end) {
      yield { events: week, end };
      week = [];
      end += WEEK;
    }
    week.push(event);
  }
  if (end !== null) yield { events: week, end };
}

function weekEnd(at: number, until: Date): number {
  return until.getTime() - Math.floor((until.getTime() - at) / WEEK) * WEEK;
}

function countWeeks(events: Iterable<DemoEvent>, until: Date): number {
  for (const event of events) return Math.floor((until.getTime() - Date.parse(event.at)) / WEEK) + 1;
  return 0;
}

async function decideWeek(pool: Pool, truth: ReadonlyMap<string, Truth>, now: Date, share: number): Promise<void> {
  const { rows } = await pool.query<{ item: string; referee: string }>(
    `SELECT q.id AS item, r.referee_id AS referee FROM referrals.review_queue AS q JOIN referrals.relationships AS r ON r.id = q.relationship_id
     WHERE q.status = 'pending' AND q.created_at <= $1 ORDER BY q.id`,
    [new Date(now.getTime() - UNREAD)],
  );
  const calls = new Map<string, DecisionCall[]>(ANALYSTS.map((analyst) => [analyst, []]));
  for (const { item, referee } of rows) {
    const seed = createHash('md5').update(`${item}:${now.getTime()}`).digest();
    const random = new Random(seed.readUInt32LE(0));
    const entry = truth.get(referee);
    if (entry === undefined || random.next() >= share) continue;
    const analyst = ANALYSTS[seed.readUInt8(8) % ANALYSTS.length];
    if (analyst !== undefined)
      calls.get(analyst)?.push({ decisionId: uuidOf(seed), itemId: item, ...judgement(entry, random) });
  }
  for (const [analyst, theirs] of calls) await decide(pool, theirs, { now, onBehalfOf: analyst });
}

/** What an analyst makes of it: the truth, mostly. */
function judgement(truth: Truth, random: Random): Pick<DecisionCall, 'decision' | 'reason'> {
  if (random.next() < ESCALATIONS) return { decision: 'escalate', reason: 'needs_lead' };
  const looksBad = random.next() < MISTAKES ? !truth.cheat : truth.cheat;
  return looksBad
    ? { decision: 'reject', reason: badReason(truth) }
    : { decision: 'approve', reason: goodReason(truth) };
}

function badReason({ scheme }: Truth): string {
  switch (scheme) {
    case 'device_farm':
    case 'slow_ring':
      return 'account_farm';
    case 'datacenter':
    case 'burst':
      return 'bought_traffic';
    case 'purchase_and_leave':
      return 'bonus_abuse';
    case 'many_accounts':
    case 'email_variants':
    case null:
      return 'self_referral';
  }
}

function goodReason({ group }: Truth): string {
  switch (group) {
    case 'family':
    case 'flat_share':
      return 'household';
    case 'campus':
    case 'office':
    case 'carrier':
      return 'shared_network';
    case 'traveller':
      return 'known_customer';
    case 'campaign':
    case null:
      return 'false_positive';
  }
}

function uuidOf(digest: Buffer): string {
  return digest.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
