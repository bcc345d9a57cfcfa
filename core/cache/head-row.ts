import { SEVERITIES } from '../domain/vocabulary.ts';
import type { Head } from '../sync/ports.ts';
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
  readonly answered_version: number | null;
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

export function headRow(store: Store, itemId: string): HeadRow | undefined {
  return store.get<HeadRow>('SELECT * FROM items WHERE item_id = ?', itemId);
}
