import { create } from 'zustand';
import type { OutboxPage } from '../../../core/contract/sync.ts';
import { OUTBOX_STATES, UNDELIVERED, type OutboxState } from '../../../core/domain/outbox.ts';

/** A part of the outbox that is listed newest first. */
export type Section = {
  /** Empty: all. */
  readonly states: readonly OutboxState[];
  /** Only what a person has to look at, or only the rest; where it is not said, both. */
  readonly troubled?: boolean;
};

const DONE: readonly OutboxState[] = ['applied', 'agreed', 'withdrawn'];

/** What the list can show. */
export const VIEWS = {
  all: { label: 'All', states: OUTBOX_STATES },
  waiting: { label: 'Waiting', states: UNDELIVERED },
  troubled: { label: 'Need you', states: [] },
  second: { label: 'Second analyst', states: ['awaiting_second'] },
  done: { label: 'Done', states: DONE },
} as const satisfies { readonly [name: string]: { readonly label: string; readonly states: readonly OutboxState[] } };
export type OutboxView = keyof typeof VIEWS;
export const VIEW_NAMES = ['all', 'waiting', 'troubled', 'second', 'done'] as const satisfies readonly OutboxView[];

export const ORDERS = { open: 'Open first', newest: 'Newest first' } as const;
export type OutboxOrder = keyof typeof ORDERS;

type State = { readonly view: OutboxView; readonly order: OutboxOrder };

/** What the Sync screen shows now. */
export const useOutboxFilter = create<State>()(() => ({ view: 'all', order: 'open' }));

const REST: readonly OutboxState[] = OUTBOX_STATES.filter((state) => !UNDELIVERED.includes(state));

/** The parts that are listed one after the other. */
export function sectionsOf({ view, order }: State): readonly Section[] {
  if (view === 'troubled') return [{ states: [], troubled: true }];
  if (view !== 'all') return [{ states: VIEWS[view].states }];
  if (order === 'newest') return [{ states: [] }];
  return [{ states: [], troubled: true }, { states: UNDELIVERED }, { states: REST, troubled: false }];
}

/** How many rows a view has; `troubled` is counted elsewhere, since it looks at what was settled too. */
export function countOf(view: OutboxView, byState: OutboxPage['byState'], troubled: number): number {
  if (view === 'troubled') return troubled;
  return VIEWS[view].states.reduce((sum, state) => sum + (byState[state] ?? 0), 0);
}
