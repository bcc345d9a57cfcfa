import { describe, expect, it } from 'vitest';
import {
  countOf,
  isSelected,
  ranged,
  type Selection,
  stepped,
  toggled,
  UNSELECTED,
  without,
} from '../../renderer/features/queue/selection.ts';

const chosen = ({ choice }: Selection): readonly string[] =>
  choice.kind === 'items' ? [...choice.itemIds].toSorted() : [];
const ALL: Selection = {
  ...UNSELECTED,
  choice: {
    kind: 'filter',
    filter: { statuses: ['pending'], priorities: [], signals: [], search: '', order: 'priority', unclaimed: false },
    total: 1204,
  },
};

describe('a selection', () => {
  it('takes a case in and out again', () => {
    const one = toggled(UNSELECTED, 'a', 0);
    expect(chosen(one)).toEqual(['a']);
    expect(chosen(toggled(one, 'a', 0))).toEqual([]);
  });

  it('grows step by step, and shrinks when the steps go back', () => {
    const three = stepped(stepped(UNSELECTED, 'a', 'b', 0), 'b', 'c', 1);
    expect(chosen(three)).toEqual(['a', 'b', 'c']);
    const two = stepped(three, 'c', 'b', 2);
    expect(chosen(two)).toEqual(['a', 'b']);
  });

  it('keeps what was chosen elsewhere while a range grows and shrinks', () => {
    const elsewhere = toggled(UNSELECTED, 'z', 25);
    const back = stepped(stepped(elsewhere, 'a', 'b', 0), 'b', 'a', 1);
    expect(chosen(back)).toEqual(['a', 'z']);
  });

  it('begins a new range where the open case is not the end of the last one', () => {
    const first = stepped(UNSELECTED, 'a', 'b', 0);
    expect(chosen(stepped(first, 'x', 'y', 9))).toEqual(['a', 'b', 'x', 'y']);
  });

  it('has a range by mouse replaced by another from the same beginning', () => {
    const wide = ranged(toggled(UNSELECTED, 'a', 0), ['a', 'b', 'c', 'd'], 0);
    expect(chosen(ranged(wide, ['a', 'b'], 0))).toEqual(['a', 'b']);
  });

  it('of all that match counts what matched and holds every row; a case chosen then begins anew by hand', () => {
    expect(countOf(ALL.choice)).toBe(1204);
    expect(isSelected(ALL.choice, 'whatever')).toBe(true);
    expect(chosen(toggled(ALL, 'a', 0))).toEqual(['a']);
  });

  it('loses what was decided meanwhile, and is the same where nothing was', () => {
    const two = toggled(toggled(UNSELECTED, 'a', 0), 'b', 1);
    expect(chosen(without(two, new Set(['a'])))).toEqual(['b']);
    expect(without(two, new Set(['x']))).toBe(two);
    expect(without(ALL, new Set(['a']))).toBe(ALL);
  });
});
