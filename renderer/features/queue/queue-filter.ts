import { create } from 'zustand';
import type { QueueFilter } from '../../../core/contract/queue.ts';
import { REVIEW_STATUSES, type Severity } from '../../../core/domain/vocabulary.ts';

/** What the queue can show; the first is what a shift starts with. */
export const VIEWS = {
  pending: { label: 'Pending', statuses: ['pending'] },
  escalated: { label: 'Escalated', statuses: ['escalated'] },
  approved: { label: 'Approved', statuses: ['approved'] },
  rejected: { label: 'Rejected', statuses: ['rejected'] },
  all: { label: 'All', statuses: REVIEW_STATUSES },
} as const;
export type ViewName = keyof typeof VIEWS;
export const VIEW_NAMES = [
  'pending',
  'escalated',
  'approved',
  'rejected',
  'all',
] as const satisfies readonly ViewName[];

type QueueOrder = NonNullable<QueueFilter['order']>;

export const ORDER_LABELS: { readonly [O in QueueOrder]: string } = {
  priority: 'Priority',
  score: 'Score',
  due: 'Due',
  stake: 'Stake',
  newest: 'Newest',
};
export const ORDERS = ['priority', 'score', 'due', 'stake', 'newest'] as const satisfies readonly QueueOrder[];

type Narrowed = {
  readonly priorities: readonly Severity[];
  readonly search: string;
  /** Only cases with at least so many points; null shows all. */
  readonly scoreFrom: number | null;
  /** Only cases that nobody else works on. */
  readonly unclaimed: boolean;
};
type State = Narrowed & { readonly view: ViewName };
type Actions = {
  readonly set: (change: Partial<State>) => void;
  readonly togglePriority: (priority: Severity) => void;
};

const WIDE: Narrowed = { priorities: [], search: '', scoreFrom: null, unclaimed: false };

/** What the analyst looks for now. Forgotten at the end: a forgotten filter hides work. */
export const useQueueFilter = create<State & Actions>()((set) => ({
  ...WIDE,
  view: 'pending',
  set: (change) => set(change),
  togglePriority: (priority) =>
    set(({ priorities }) => ({
      priorities: priorities.includes(priority)
        ? priorities.filter((other) => other !== priority)
        : [...priorities, priority],
    })),
}));

export function isNarrowed({ priorities, search, scoreFrom, unclaimed }: Narrowed): boolean {
  return search !== '' || priorities.length > 0 || scoreFrom !== null || unclaimed;
}

export function clearFilter(): void {
  useQueueFilter.setState(WIDE);
}

export function filterOf(state: State, order: QueueOrder): QueueFilter {
  return {
    statuses: [...VIEWS[state.view].statuses],
    priorities: state.priorities.toSorted(),
    signals: [],
    search: state.search.trim(),
    order,
    ...(state.scoreFrom === null ? {} : { scoreFrom: state.scoreFrom }),
    unclaimed: state.unclaimed,
  };
}

/** A filter in words: "pending, critical or high, score from 90, “lena”, nobody else on it". */
export function filterWords(filter: QueueFilter): string {
  return [
    filter.statuses.join(' or '),
    filter.priorities.join(' or '),
    filter.scoreFrom === undefined ? '' : `score from ${filter.scoreFrom}`,
    filter.search === '' ? '' : `“${filter.search}”`,
    filter.unclaimed ? 'nobody else on it' : '',
  ]
    .filter((part) => part !== '')
    .join(', ');
}
