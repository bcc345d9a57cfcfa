import { SEVERITIES } from '../domain/vocabulary.ts';
import type { Head } from '../sync/ports.ts';
import { QUEUE_INDEXES } from './migrations.ts';
import type { Store } from './store.ts';

/** A head as its columns in `items`. */
export type HeadRow = {
  readonly item_id: string;
  readonly shown: Head['status'] | 'gone';
  readonly priority: number;
  readonly score: number;
  readonly stake: number;
  readonly signals: string;
  readonly referrer_id: string;
  readonly referee_id: string;
  readonly relationship_id: string;
  readonly version: number;
  readonly status: Head['status'];
  readonly answered_status: Head['status'] | null;
  readonly stamp: string;
  readonly rule_set_version: number;
  readonly referrer_name: string;
  readonly referee_name: string;
  readonly referrer_referrals: number;
  readonly code: string;
  readonly source_app_id: string | null;
  readonly flagged: number;
  readonly releases: number;
  readonly rejects: number;
  readonly takes_back: number;
  readonly second_review: Head['secondReview'];
  readonly due_at: string;
  readonly created_at: string;
};

export const priorityNumber = (priority: Head['priority']): number => SEVERITIES.indexOf(priority);
/** Throws where the number is none that was written here. */
export function priorityOf(number: number): Head['priority'] {
  const priority = SEVERITIES[number];
  if (priority === undefined) throw new RangeError(`no priority ${number}`);
  return priority;
}

/** As a filter by signal looks for them in `items.signals`: the order of the keys is fixed. */
export const signalsText = (signals: Head['signals']): string =>
  JSON.stringify(signals.map(({ name, points }) => ({ name, points })));
export const signalText = (name: string): string => `{"name":${JSON.stringify(name)},"points":`;
export const signalsOf = (text: string): { name: string; points: number }[] => JSON.parse(text);

/** What a search reads, in lower case; a line break keeps a match from reaching over two of them. */
const searchText = (head: Head): string => `${head.referrerName}\n${head.refereeName}\n${head.code}`.toLowerCase();

export function headOf(row: HeadRow): Head {
  return {
    itemId: row.item_id,
    relationshipId: row.relationship_id,
    version: row.version,
    stamp: row.stamp,
    status: row.answered_status ?? row.status,
    priority: priorityOf(row.priority),
    score: row.score,
    ruleSetVersion: row.rule_set_version,
    signals: signalsOf(row.signals),
    referrerId: row.referrer_id,
    refereeId: row.referee_id,
    referrerName: row.referrer_name,
    refereeName: row.referee_name,
    referrerReferrals: row.referrer_referrals,
    code: row.code,
    sourceAppId: row.source_app_id,
    flagged: row.flagged === 1,
    stake: row.stake,
    releases: row.releases,
    rejects: row.rejects,
    takesBack: row.takes_back,
    secondReview: row.second_review,
    dueAt: row.due_at,
    createdAt: row.created_at,
  };
}

const COLUMNS = [
  'priority',
  'score',
  'due',
  'stake',
  'created',
  'search',
  'signals',
  'referrer_id',
  'referee_id',
  'relationship_id',
  'version',
  'status',
  'is_gone',
  'brought_by',
  'stamp',
  'rule_set_version',
  'referrer_name',
  'referee_name',
  'referrer_referrals',
  'code',
  'source_app_id',
  'flagged',
  'releases',
  'rejects',
  'takes_back',
  'second_review',
  'due_at',
  'created_at',
] as const;

/** What was answered ends with the head that it was an answer about, or a later one. */
const ANSWERED = ['answered_status', 'answered_version'].map(
  (column) => `${column} = CASE WHEN items.answered_version > excluded.version THEN items.${column} END`,
);
const PUT = `INSERT INTO items (item_id, shown, ${COLUMNS.join(', ')})
  VALUES (?, coalesce((SELECT status FROM overlay WHERE item_id = ?), ?), ${COLUMNS.map(() => '?').join(', ')})
  ON CONFLICT (item_id) DO UPDATE SET ${[...['shown', ...COLUMNS].map((column) => `${column} = excluded.${column}`), ...ANSWERED].join(', ')}`;
const PUT_NEWER = `${PUT} WHERE excluded.version >= items.version`;

/** Writes a head that this pull brought; with `evenOlder` over a higher version too. Says whether it did. */
export function putHead(store: Store, head: Head, pull: number, evenOlder: boolean): boolean {
  const changes = store.run(
    evenOlder ? PUT : PUT_NEWER,
    head.itemId,
    head.itemId,
    head.status,
    priorityNumber(head.priority),
    head.score,
    Date.parse(head.dueAt),
    head.stake,
    Date.parse(head.createdAt),
    searchText(head),
    signalsText(head.signals),
    head.referrerId,
    head.refereeId,
    head.relationshipId,
    head.version,
    head.status,
    0,
    pull,
    head.stamp,
    head.ruleSetVersion,
    head.referrerName,
    head.refereeName,
    head.referrerReferrals,
    head.code,
    head.sourceAppId,
    head.flagged ? 1 : 0,
    head.releases,
    head.rejects,
    head.takesBack,
    head.secondReview,
    head.dueAt,
    head.createdAt,
  );
  return changes > 0;
}

export function headRow(store: Store, itemId: string): HeadRow | undefined {
  return store.get<HeadRow>('SELECT * FROM items WHERE item_id = ?', itemId);
}

/** A first pull of many is several times faster without them, and a scan serves the window meanwhile. */
export function dropQueueIndexes(store: Store): void {
  for (const name of Object.keys(QUEUE_INDEXES)) store.exec(`DROP INDEX IF EXISTS ${name}`);
}
export function makeQueueIndexes(store: Store): void {
  for (const [name, columns] of Object.entries(QUEUE_INDEXES)) {
    store.exec(`CREATE INDEX IF NOT EXISTS ${name} ON items (${columns})`);
  }
}
