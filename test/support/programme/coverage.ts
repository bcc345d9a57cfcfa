import { DAY } from '../model/seed.ts';
import { Model } from '../model/model.ts';
import { eventsIn, type History } from './history.ts';
import { aim, play } from './play.ts';

/** What a history leads the model through, in words: refusals, signals, holds, tiers that were paid, decisions. */
export function reached(history: History): ReadonlySet<string> {
  const words = new Set<string>();
  const model = Model.empty();
  for (const { now, tasks } of history) {
    for (const task of aim(tasks, model)) {
      const result = play(model, task, now);
      if (task.do !== 'review') continue;
      for (const { decision } of task.calls) words.add(`${decision} ${/outcome=(\w+)/.exec(result)?.[1] ?? 'nothing'}`);
    }
    notice(model, words);
    if (tasks.length > 1) words.add(`${tasks.map((task) => task.do).join(' and ')} at once`);
  }
  if (eventsIn(history) >= 2000) words.add('2,000 events');
  return words;
}

function notice({ state }: Model, words: Set<string>): void {
  for (const outcome of state.outcomes.values()) words.add(outcome);
  for (const referral of state.referrals.values()) {
    for (const signal of referral.signals) words.add(signal.startsWith('pattern:') ? 'pattern' : signal);
    words.add(referral.heldBand);
    if (referral.items.length > 1) words.add('a second item');
    if (referral.retained !== null) words.add('retained');
    for (const bonus of referral.bonuses.values()) {
      words.add(`${bonus.status} ${bonus.holdReason ?? ''}`.trim());
      if (bonus.status === 'paid') words.add(`paid as ${bonus.tier}`);
      if (bonus.status === 'rejected' && bonus.releasedAt !== null) words.add('taken back');
      if (bonus.status === 'paid' && referral.isRejected) words.add('left with the owner');
    }
  }
  const times = [...state.referrals.values()]
    .flatMap(({ bonuses }) => [...bonuses.values()])
    .filter(({ userId, isReferees }) => userId === 'r000' && !isReferees)
    .map(({ at }) => at)
    .sort((a, b) => a - b);
  if (times.some((at, index) => (times[index + 100] ?? Number.POSITIVE_INFINITY) - at < DAY))
    words.add('100 claims a day');
}
