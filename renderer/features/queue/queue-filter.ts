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

type State = {
  readonly view: ViewName;
  readonly priorities: readonly Severity[];
  readonly search: string;
};
type Actions = {
  readonly set: (change: Partial<State>) => void;
  readonly togglePriority: (priority: Severity) => void;
};

const UNFILTERED: State = { view: 'pending', priorities: [], search: '' };

/** What the analyst looks for now. Forgotten at the end: a forgotten filter hides work. */
export const useQueueFilter = create<State & Actions>()((set) => ({
  ...UNFILTERED,
  set: (change) => set(change),
  togglePriority: (priority) =>
    set(({ priorities }) => ({
      priorities: priorities.includes(priority)
        ? priorities.filter((other) => other !== priority)
        : [...priorities, priority],
    })),
}));

export function clearFilter(): void {
  useQueueFilter.setState({ priorities: [], search: '' });
}

export function filterOf(state: State, order: QueueOrder): QueueFilter {
  return {
    statuses: [...VIEWS[state.view].statuses],
    priorities: state.priorities.toSorted(),
    signals: [],
    search: state.search.trim(),
    order,
  };
}
