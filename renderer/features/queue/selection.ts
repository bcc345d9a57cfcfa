import { create } from 'zustand';
import type { QueueFilter } from '../../../core/contract/queue.ts';

/** Cases chosen for a bulk session: by hand, or all that a filter matched, however many of them were ever on the screen. */
export type Choice =
  | { readonly kind: 'items'; readonly itemIds: ReadonlySet<string> }
  | { readonly kind: 'filter'; readonly filter: QueueFilter; readonly total: number };

export type Selection = {
  readonly choice: Choice;
  /** The range being extended, from where it began to where it is now; all of it is part of the choice. */
  readonly range: readonly string[];
  /** Where the range began, as an index of the list. */
  readonly from: number;
  /** What was chosen before the range. */
  readonly before: ReadonlySet<string>;
};

const NOTHING: ReadonlySet<string> = new Set();
export const UNSELECTED: Selection = {
  choice: { kind: 'items', itemIds: NOTHING },
  range: [],
  from: 0,
  before: NOTHING,
};

function byHand({ choice }: Selection): ReadonlySet<string> {
  return choice.kind === 'items' ? choice.itemIds : NOTHING;
}

/** Adds a case, or takes it out; a range extended next begins at it. */
export function toggled(selection: Selection, itemId: string, index: number): Selection {
  const itemIds = new Set(byHand(selection));
  if (!itemIds.delete(itemId)) itemIds.add(itemId);
  const before = new Set(itemIds);
  before.delete(itemId);
  return { choice: { kind: 'items', itemIds }, range: [itemId], from: index, before };
}

/** The range from its beginning to here becomes these cases; what it covered before and does not now is out again. */
export function ranged(selection: Selection, range: readonly string[], from: number): Selection {
  const before = selection.range.length > 0 ? selection.before : byHand(selection);
  return { choice: { kind: 'items', itemIds: new Set([...before, ...range]) }, range, from, before };
}

/** One step from `current` to `target`: onwards it adds, back towards the beginning it takes out. */
export function stepped(selection: Selection, current: string, target: string, index: number): Selection {
  const goesOn = selection.range.at(-1) === current;
  const range = goesOn ? selection.range : [current];
  const from = goesOn ? selection.from : index;
  const start = goesOn ? selection : { ...selection, range: [] };
  return ranged(start, range.at(-2) === target ? range.slice(0, -1) : [...range, target], from);
}

/** Leaves out these cases; the same selection where none of them is in it. */
export function without(selection: Selection, gone: { readonly has: (itemId: string) => boolean }): Selection {
  const left = [...byHand(selection)].filter((itemId) => !gone.has(itemId));
  if (selection.choice.kind === 'filter' || left.length === selection.choice.itemIds.size) return selection;
  return { ...UNSELECTED, choice: { kind: 'items', itemIds: new Set(left) } };
}

export function countOf(choice: Choice): number {
  return choice.kind === 'items' ? choice.itemIds.size : choice.total;
}

export function isSelected(choice: Choice, itemId: string): boolean {
  return choice.kind === 'filter' || choice.itemIds.has(itemId);
}

/** What is selected in this window. By hand it stays through searches; all that match goes with the filter it was made with. */
export const useSelection = create<Selection>()(() => UNSELECTED);

export function unselect(): void {
  useSelection.setState(UNSELECTED);
}
