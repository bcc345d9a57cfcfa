import type { Decision, DecisionOutcome } from '../../../core/domain/decision.ts';
import { STATUS_AFTER } from '../../../core/domain/decision.ts';
import type { ReviewStatus } from '../../../core/domain/vocabulary.ts';
import type { Answer, Operation } from '../../../core/sync/ports.ts';
import { type Item, settle, type State } from './world.ts';

export type Who = { readonly name: string; readonly isLead: boolean };

/** A note that the server takes of nobody: by SPEC 5 a poisoned operation, which holds up no other. */
export const POISON = 'poison';
/** A reason that is none. */
export const NO_REASON = 'no_such_reason';

/** Does one operation, as the commit of its transaction: the first answer of a key is stored and given again (SPEC 4 and 5). */
export function operate(state: State, who: Who, operation: Operation, xid: number): Answer {
  const seen = state.records.get(operation.id);
  if (seen !== undefined) {
    if (payload(seen.operation) !== payload(operation)) {
      return answer(state, operation, 'not_allowed', 'This key was used for another operation.');
    }
    const { settled } = seen;
    if (settled === null) return seen.answer;
    // Taken back it waits no more, and had no effect.
    if (settled === 'withdrawn') return answer(state, operation, 'returned', 'It was withdrawn.');
    return answer(state, operation, settled, 'It was settled.');
  }
  const item = state.items.get(operation.itemId);
  if (item === undefined) return answer(state, operation, 'unknown', 'There is no such item.');
  const told = act(state, who, operation, item, xid);
  state.records.set(operation.id, {
    key: operation.id,
    by: who.name,
    operation,
    answer: told,
    waitsWith: waitsWith(told, item),
    settled: null,
    isUndone: false,
    isTakenBack: false,
  });
  return told;
}

/** Of whoever has one that waits already, from another computer: it ends as that one does. */
function waitsWith({ id, outcome }: Answer, { proposal }: Item): string | null {
  return outcome === 'awaiting_second' && proposal !== null && proposal.key !== id ? proposal.key : null;
}

function act(state: State, who: Who, operation: Operation, item: Item, xid: number): Answer {
  switch (operation.kind) {
    case 'decide':
      return decide(state, who, operation, item, xid);
    case 'undo':
      return undo(state, who, operation, item, xid);
    case 'object':
      return answer(state, operation, 'applied', null);
  }
}

type Of<Kind> = Extract<Operation, { kind: Kind }>;

function decide(state: State, who: Who, call: Of<'decide'>, one: Item, xid: number): Answer {
  const { item } = one;
  const told = (outcome: DecisionOutcome, message: string): Answer => answer(state, call, outcome, message);
  if (call.note === POISON) return told('not_allowed', 'The note is not one.');
  if (call.reason === NO_REASON) return told('not_allowed', 'There is no such reason.');
  if (item.status === 'approved' || item.status === 'rejected') {
    return STATUS_AFTER[call.decision] === item.status ? told('agreed', 'As decided.') : told('conflict', 'Otherwise.');
  }
  if (item.status === 'escalated') {
    if (call.decision === 'escalate') return told('agreed', 'As decided.');
    if (!who.isLead && call.expectedVersion < item.version) return told('conflict', 'Otherwise.');
    if (!who.isLead) return told('not_allowed', 'It is with a lead.');
  }
  if (call.expectedVersion < item.raisedVersion) return told('returned', 'Its band rose.');
  if (isTakenBackSince(state, who, call)) return told('returned', 'It was taken back.');
  const waits = one.needsSecond && call.decision !== 'escalate' && item.status === 'pending';
  const { proposal } = one;
  if (waits && proposal === null) {
    one.proposal = { key: call.id, by: who.name, decision: call.decision };
    one.own.set(who.name, xid);
    return told('awaiting_second', 'It takes effect when a second analyst decides the same.');
  }
  if (waits && proposal !== null && proposal.by === who.name) {
    return proposal.decision === call.decision
      ? told('awaiting_second', 'Yours waits already.')
      : told('not_allowed', 'Withdraw yours first.');
  }
  if (waits && proposal !== null && proposal.decision !== call.decision) {
    settle(state, proposal.key, 'conflict');
    one.proposal = null;
    effect(state, who, call, one, 'escalated', xid);
    return told('conflict', 'Another analyst decided otherwise: it goes to a lead.');
  }
  if (proposal !== null) {
    settle(state, proposal.key, proposal.decision === call.decision ? 'agreed' : 'conflict');
    one.proposal = null;
  }
  const paid = call.decision === 'approve' ? one.money.held : 0;
  effect(state, who, call, one, STATUS_AFTER[call.decision], xid);
  one.money = { held: one.money.held - paid, paid: one.money.paid + paid, tx: xid };
  return { ...answer(state, call, 'applied', null), paid };
}

function undo(state: State, who: Who, call: Of<'undo'>, one: Item, xid: number): Answer {
  const told = (outcome: DecisionOutcome, message: string | null): Answer => answer(state, call, outcome, message);
  const named = state.records.get(call.undoes);
  if (named === undefined) return told('unknown', 'There is no such decision.');
  // What waits with an earlier one of one's own is taken back as that one.
  const target = (named.waitsWith === null ? null : state.records.get(named.waitsWith)) ?? named;
  named.isTakenBack ||= named.by === who.name;
  if (target.isUndone) return told('agreed', 'It is taken back already.');
  if (one.proposal?.key === target.key && target.by === who.name) {
    one.proposal = null;
    settle(state, target.key, 'withdrawn');
    target.isUndone = true;
    one.own.set(who.name, xid);
    return told('applied', null);
  }
  if (target.answer.outcome !== 'applied') return told('not_allowed', 'It had no effect.');
  if (target.by !== who.name && !who.isLead) return told('not_allowed', 'It is not yours.');
  const last = state.effects.findLast(({ itemId }) => itemId === one.id);
  if (last?.key !== target.key) return told('conflict', 'Somebody has decided since.');
  target.isUndone = true;
  effect(state, who, call, one, 'pending', xid);
  one.money = { held: one.money.held + target.answer.paid, paid: one.money.paid - target.answer.paid, tx: xid };
  return told('applied', null);
}

/** Whether anybody else took back a decision on this item after the version that was looked at. */
function isTakenBackSince({ effects }: State, who: Who, { itemId, expectedVersion }: Of<'decide'>): boolean {
  return effects.some(
    ({ kind, itemId: about, by, version }) =>
      kind === 'undo' && about === itemId && by !== who.name && version > expectedVersion,
  );
}

function effect(state: State, { name }: Who, { id, kind }: Operation, one: Item, to: ReviewStatus, xid: number): void {
  const from = one.item.status;
  touch(one, to, xid);
  const { priority: band, version } = one.item;
  state.effects.push({ key: id, by: name, kind, itemId: one.id, from, to, band, version });
}

function touch(one: Item, status: ReviewStatus, xid: number): void {
  one.item.status = status;
  one.item.version += 1;
  one.item.tx = xid;
}

function answer(state: State, { id, itemId }: Operation, outcome: DecisionOutcome, message: string | null): Answer {
  const item = state.items.get(itemId)?.item;
  const [status, version] = [item?.status ?? null, item?.version ?? null];
  return { id, outcome, message, status, version, paid: 0, rejected: 0, reversed: 0 };
}

function payload(operation: Operation): string {
  const { kind, itemId, note } = operation;
  const decided = (of: { decision: Decision; reason: string }): string[] => [of.decision, of.reason];
  const rest = operation.kind === 'undo' ? [operation.undoes] : decided(operation);
  return JSON.stringify([kind, itemId, note, ...rest]);
}
