import { Model } from '../model/model.ts';
import type { Item, State } from '../model/state.ts';
import type { History } from '../programme/history.ts';
import { aim, play } from '../programme/play.ts';

export type Reached = {
  /** What the history leads through, in words, and how often. */
  readonly words: ReadonlyMap<string, number>;
  /** Single decisions and undos. */
  readonly operations: number;
};

/** Where a history leads the model. */
export function reached(history: History): Reached {
  const words = new Map<string, number>();
  const add = (word: string): void => void words.set(word, (words.get(word) ?? 0) + 1);
  const model = Model.empty();
  let operations = 0;
  for (const { now, tasks } of history) {
    for (const task of aim(tasks, model)) {
      const before = structuredClone(model.state);
      const results = play(model, task, now).split('\n');
      if (task.do !== 'review' && task.do !== 'undo') continue;
      operations += task.calls.length;
      for (const result of results) {
        const outcome = /outcome=(\w+)/.exec(result)?.[1] ?? result;
        const kind = /kind=(\w+)/.exec(result)?.[1];
        add(`${task.do}: ${kind ?? outcome}`);
        if (task.do === 'review' && outcome === 'applied' && result.includes('isTold=true')) add('applied with a word');
      }
      noticeClosed(before, model.state, add);
    }
    notice(model.state, add);
  }
  return { words, operations };
}

function noticeClosed(before: State, { review, referrals }: State, add: (word: string) => void): void {
  for (const [id, { proposal }] of review.decisions) {
    const closed = proposal?.closed ?? null;
    const was = before.review.decisions.get(id)?.proposal?.closed ?? null;
    if (closed !== null && was === null) add(`first opinion ${closed}`);
  }
  for (const made of review.decisions.values()) {
    const was = before.review.decisions.get(made.call.decisionId);
    if (was?.undone === false && made.undone) {
      add(`${made.call.decision} taken back`);
      const [refereeId = ''] = (made.call.item ?? '').split(' ');
      const old = before.referrals.get(refereeId);
      for (const [key, bonus] of referrals.get(refereeId)?.bonuses ?? []) {
        const { status, holdReason } = old?.bonuses.get(key) ?? bonus;
        if (status !== bonus.status || holdReason !== bonus.holdReason) {
          add(
            `${made.call.decision} taken back: ${[status, holdReason].join(' ').trim()} to ${[bonus.status, bonus.holdReason].join(' ').trim()}`,
          );
        }
      }
    }
  }
}

function notice({ referrals, review }: State, add: (word: string) => void): void {
  for (const { items, bonuses } of referrals.values()) {
    if (items.length > 1) add('a second item');
    if (items.some((item: Item) => item.raisedVersion > 1)) add('a raised item');
    for (const bonus of bonuses.values()) if (bonus.ledger.length > 2) add('paid, taken back, and paid again');
  }
  for (const { call, result } of review.undos.values()) {
    const target = review.decisions.get(call.decisionId);
    if (result.kind === 'withdrawal' && target !== undefined && target.waitsWith !== null) {
      add('withdrawn by what waited with it');
    }
  }
  for (const { proposal, call, result } of review.decisions.values()) {
    const [refereeId = '', nth] = (call.item ?? '').split(' ');
    const item = referrals.get(refereeId)?.items[Number(nth)];
    if (proposal?.closed === null && item !== undefined && proposal.version < item.raisedVersion)
      add('first opinion returned');
    if (result.outcome === 'returned' && (call.expectedVersion ?? 0) >= (item?.raisedVersion ?? 0))
      add('returned since it was taken back');
  }
}
