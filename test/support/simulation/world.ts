import type { ReviewStatus, Severity } from '../../../core/domain/vocabulary.ts';
import { compareBands } from '../../../core/domain/band.ts';
import type { Decision } from '../../../core/domain/decision.ts';
import type { Answer, Head, LiveClaim, Operation } from '../../../core/sync/ports.ts';
import type { Random } from '../random.ts';

/** An item as the server has it: rows that hang on it have transaction ids of their own. */
export type Item = {
  readonly id: string;
  readonly needsSecond: boolean;
  item: {
    version: number;
    raisedVersion: number;
    status: ReviewStatus;
    priority: Severity;
    score: number;
    ruleSetVersion: number;
    tx: number;
  };
  money: { held: number; paid: number; tx: number };
  people: { referrerName: string; tx: number };
  /** A first opinion that waits for a second: its maker alone is told. */
  proposal: { key: string; by: string; decision: Decision } | null;
  /** In which transaction somebody gave a first opinion, or took it back. */
  readonly own: Map<string, number>;
};

/** What the server stored under a key. */
export type Record = {
  readonly key: string;
  readonly by: string;
  readonly operation: Operation;
  answer: Answer;
  /** The first opinion of the same analyst that it waits with. */
  readonly waitsWith: string | null;
  /** What became of a first opinion. */
  settled: 'agreed' | 'conflict' | 'returned' | 'withdrawn' | null;
  isUndone: boolean;
  /** Whether its maker asked to take this very one back, not another one that it waits with. */
  isTakenBack: boolean;
};

/** One effect on an item, in the order of their commits. */
export type Effect = {
  readonly key: string;
  readonly by: string;
  readonly kind: Operation['kind'];
  readonly itemId: string;
  readonly from: ReviewStatus;
  readonly to: ReviewStatus;
  readonly band: Severity;
  /** Of the item, by it. */
  readonly version: number;
};

/** All that a backup has. */
export type State = {
  readonly items: Map<string, Item>;
  readonly gone: Map<string, number>;
  readonly records: Map<string, Record>;
  readonly effects: Effect[];
  /** An entry for each commit, where the real audit log has those of decisions and settings; no two are ever the same. */
  readonly log: number[];
  claims: LiveClaim[];
  reference: number;
};

export function emptyState(): State {
  return { items: new Map(), gone: new Map(), records: new Map(), effects: [], log: [], claims: [], reference: 1 };
}

const BANDS: readonly Severity[] = ['medium', 'high', 'critical'];

export function newItem(id: string, random: Random, tx: number): Item {
  const priority = random.pick(BANDS);
  return {
    id,
    needsSecond: random.chance(0.3),
    item: {
      version: 1,
      raisedVersion: 1,
      status: 'pending',
      priority,
      score: { low: 20, medium: 45, high: 64, critical: 95 }[priority],
      ruleSetVersion: 1,
      tx,
    },
    money: { held: random.int(1, 9) * 25, paid: random.int(0, 3) * 25, tx },
    people: { referrerName: `Till ${random.int(0, 100)}`, tx },
    proposal: null,
    own: new Map(),
  };
}

/** Changes whenever anything does that hangs on the item and is shown to this viewer: the greatest id would hide an older transaction that commits later. */
export function stampOf(one: Item, viewer: string): string {
  return transactionsOf(one, viewer).join('.');
}

/** The youngest transaction, by its id, of each part that a head shows this viewer: rows of any of them are in a delta. */
export function transactionsOf({ item, money, people, own }: Item, viewer: string): readonly number[] {
  return [item.tx, money.tx, people.tx, own.get(viewer) ?? 0];
}

export function headOf(one: Item, viewer: string, stamp: (one: Item, viewer: string) => string): Head {
  const { item, money, people, proposal } = one;
  const isOpen = item.status === 'pending' || item.status === 'escalated';
  return {
    itemId: one.id,
    relationshipId: one.id.replace(/^0/, 'f'),
    version: item.version,
    stamp: stamp(one, viewer),
    status: item.status,
    priority: item.priority,
    score: item.score,
    ruleSetVersion: item.ruleSetVersion,
    signals: [{ name: 'same_device', points: item.score }],
    referrerId: 'till',
    refereeId: `guest ${one.id.slice(-4)}`,
    referrerName: people.referrerName,
    refereeName: 'Lena K.',
    referrerReferrals: 3,
    code: 'TILL-1',
    sourceAppId: null,
    flagged: item.status === 'rejected',
    stake: money.held + money.paid,
    releases: isOpen ? money.held : 0,
    rejects: isOpen ? money.held : 0,
    takesBack: isOpen ? money.paid : 0,
    secondReview: proposal?.by === viewer ? 'mine' : one.needsSecond ? 'needed' : 'none',
    dueAt: '2026-11-29T00:00:00.000Z',
    createdAt: '2026-11-22T00:00:00.000Z',
  };
}

/** The evidence of an item: told apart by whatever a head or a case shows. */
export function factsOf(one: Item): string {
  const { item, money, people } = one;
  return JSON.stringify({
    id: one.id,
    item: { ...item, tx: 0 },
    money: { ...money, tx: 0 },
    name: people.referrerName,
  });
}

/** What a person reads in it. */
export function evidenceOf(facts: string): { readonly version: number; readonly priority: Severity } {
  return (JSON.parse(facts) as { item: { version: number; priority: Severity } }).item;
}

/** A score that rises into a higher band: what was decided on the lower one does not apply any more. */
export function raise(state: State, one: Item, xid: number): boolean {
  const higher = BANDS.find((band) => compareBands(band, one.item.priority) > 0);
  if (higher === undefined) return false;
  one.item.priority = higher;
  one.item.score += 30;
  one.item.version += 1;
  one.item.raisedVersion = one.item.version;
  one.item.tx = xid;
  if (one.proposal !== null) {
    settle(state, one.proposal.key, 'returned');
    one.proposal = null;
  }
  return true;
}

export function settle(state: State, key: string, how: NonNullable<Record['settled']>): void {
  for (const record of state.records.values()) {
    if (record.key === key || record.waitsWith === key) record.settled = how;
  }
}
