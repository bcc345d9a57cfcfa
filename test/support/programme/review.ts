import { placeOf } from '../model/decisions.ts';
import { type Decision, type DecisionCall, type Made, openProposal, type UndoCall } from '../model/review.ts';
import type { Item, State } from '../model/state.ts';
import type { ReviewTask, Ruling, Taking } from './history.ts';

const REASONS: { readonly [D in Decision]: readonly string[] } = {
  approve: ['household', 'shared_network', 'known_customer'],
  reject: ['account_farm', 'self_referral', 'bonus_abuse'],
  escalate: ['needs_lead', 'needs_information'],
};

type Candidate = { readonly key: string; readonly item: Item };

/** Each of a set of decisions with the item, version and id that it is about now. */
export function aimRulings(task: ReviewTask & { do: 'review' }, state: State): readonly DecisionCall[] {
  const { review } = state;
  const all = [...state.referrals.values()]
    .flatMap(({ refereeId, items }) => items.map((item, nth): Candidate => ({ key: `${refereeId} ${nth}`, item })))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const ofOthers = ({ key, item }: Candidate): boolean => {
    const proposal = openProposal(review, key, item);
    return proposal !== null && proposal.by !== task.by;
  };
  const among: { readonly [A in Ruling['among']]: readonly Candidate[] } = {
    all,
    open: all.filter(({ item }) => item.status === 'pending'),
    seconds: all.filter((one) => one.item.status === 'pending' && ofOthers(one)),
    escalated: all.filter(({ item }) => item.status === 'escalated'),
    none: [],
    twice: [],
  };
  const calls: DecisionCall[] = [];
  const taken = new Set<string | null>();
  for (const ruling of task.rulings) {
    const fitting = among[ruling.among];
    const again = calls[ruling.item % Math.max(1, calls.length)]?.item ?? null;
    // What does not fit anything falls on whatever is open.
    const list = fitting.length > 0 ? fitting : among.open;
    const chosen = list[ruling.item % Math.max(1, list.length)] ?? null;
    const key = ruling.among === 'none' ? null : ruling.among === 'twice' ? again : (chosen?.key ?? null);
    if (key === null && ruling.among !== 'none') continue;
    if (ruling.among !== 'twice' && taken.has(key)) continue;
    taken.add(key);
    const item = all.find((one) => one.key === key)?.item ?? null;
    calls.push(callOf(ruling, key, item, state, task.by));
  }
  return calls;
}

function callOf(ruling: Ruling, key: string | null, item: Item | null, { review }: State, by: string): DecisionCall {
  const earlier = [...review.decisions.values()];
  if (ruling.id.is === 'again') {
    const own = earlier.filter((made) => made.by === by);
    const made = own[own.length - 1 - (ruling.id.rank % Math.max(1, own.length))];
    if (made !== undefined) return made.call;
  }
  const first = key === null || item === null ? null : openProposal(review, key, item);
  const decision = ruling.decision ?? first?.call.decision ?? 'approve';
  const other = decision === 'approve' ? 'reject' : 'approve';
  const reasons = REASONS[ruling.reason === 'wrong' ? other : decision];
  const call = {
    decisionId: ruling.id.id,
    item: key,
    decision,
    reason: ruling.reason === 'unheard of' ? 'no_such_reason' : (reasons[ruling.item % reasons.length] ?? 'household'),
    note: ruling.note,
    expectedVersion: item === null ? null : versionOf(ruling.expected, item),
  };
  const used = [...earlier.map((made) => made.call), ...[...review.undos.values()].map(() => null)];
  const ids = [...review.decisions.keys(), ...review.undos.keys()];
  if (ruling.id.is !== 'reused' || ids.length === 0) return call;
  const nth = ruling.id.rank % ids.length;
  const before = used[nth] ?? null;
  // Surely another payload.
  const reused =
    before?.decision === decision && before.item === key
      ? { ...call, decision: other, reason: REASONS[other][0] ?? '' }
      : call;
  return { ...reused, decisionId: ids[nth] ?? ruling.id.id } as DecisionCall;
}

function versionOf(expected: Ruling['expected'], { version }: Item): number | null {
  switch (expected) {
    case 'none':
      return null;
    case 'current':
      return version;
    case 'last':
      return Math.max(1, version - 1);
    case 'first':
      return 1;
  }
}

/** Each of a set of undos with the decision that it is about now. */
export function aimTakings(
  task: ReviewTask & { do: 'undo' },
  state: State,
): { readonly do: 'undo'; readonly by: string; readonly calls: readonly UndoCall[] } {
  const { review } = state;
  const all = [...review.decisions.values()].reverse();
  const isWaiting = (made: Made): boolean => {
    const place = placeOf(state, made.call.item);
    const open = place === null ? null : openProposal(review, place.key, place.item);
    return open !== null && (open === made || open.call.decisionId === made.waitsWith);
  };
  const newest = all.find((one) =>
    task.takings[0]?.among === 'waiting' ? isWaiting(one) : one.before !== null && !one.undone,
  );
  const by = task.by ?? newest?.by ?? 'nina';
  const made = task.by === null ? all.filter((one) => one.by === by) : all;
  const standing = made.filter(({ before, undone }) => before !== null && !undone);
  const among: { readonly [A in Taking['among']]: readonly string[] } = {
    own: standing.filter((one) => one.by === by).map(({ call }) => call.decisionId),
    standing: standing.map(({ call }) => call.decisionId),
    waiting: made.filter(isWaiting).map(({ call }) => call.decisionId),
    all: made.map(({ call }) => call.decisionId),
    undos: [...review.undos.keys()],
    none: [],
  };
  const taken = new Set<string>();
  const calls: UndoCall[] = [];
  for (const taking of task.takings) {
    if (taking.id.is === 'again') {
      const own = [...review.undos.values()].filter((one) => one.by === by);
      const before = own[own.length - 1 - (taking.id.rank % Math.max(1, own.length))];
      if (before !== undefined) {
        calls.push(before.call);
        continue;
      }
    }
    const list = among[taking.among];
    const decisionId =
      taking.among === 'none' ? taking.id.id.replace(/^./, 'f') : list[taking.target % Math.max(1, list.length)];
    if (decisionId === undefined || taken.has(decisionId)) continue;
    taken.add(decisionId);
    const ids = [...review.undos.keys(), ...review.decisions.keys()];
    const reused = taking.id.is === 'reused' ? ids[taking.id.rank % Math.max(1, ids.length)] : undefined;
    const note = reused === undefined ? taking.note : 'another note';
    calls.push({ undoId: reused ?? taking.id.id, decisionId, note });
  }
  return { do: 'undo', by, calls };
}
