import { expect, test } from 'vitest';
import { Model } from '../support/model/model.ts';
import { microsOf } from '../support/model/moment.ts';
import type { Decision, DecisionCall } from '../support/model/review.ts';
import { DAY, HOUR, MINUTE } from '../support/model/seed.ts';
import type { ModelEvent } from '../support/model/state.ts';

/** The model that the product is held against is held against SPEC 4 itself here, on histories made by hand. */

const NOON = microsOf('2026-03-01T12:00:00Z');
const HIGH: readonly ModelEvent[] = [
  {
    id: 'a',
    at: '2026-01-01T00:00:00Z',
    type: 'user.created',
    user: { id: 'rob', name: 'Rob', email: 'rob@firm.example' },
  },
  {
    id: 'b',
    at: '2026-01-01T00:00:00Z',
    type: 'user.created',
    user: { id: 'rae', name: 'Rae', email: 'rae@home.example' },
  },
  { id: 'c', at: '2026-01-02T00:00:00Z', type: 'code.created', code: { code: 'ROB', userId: 'rob', type: 'custom' } },
  { id: 'd', at: '2026-03-01T10:00:00Z', type: 'referral.registered', refereeId: 'rae', code: 'ROB', ip: '10.0.0.1' },
  {
    id: 'e',
    at: '2026-03-01T10:00:00Z',
    type: 'pattern.created',
    pattern: { patternType: 'email_domain', patternValue: 'home.example', severity: 'high', scoreImpact: 62 },
  },
];

function office(): Model {
  const model = Model.empty();
  for (const who of ['anna', 'ben']) model.state.review.roles.set(who, 'analyst');
  model.state.review.roles.set('lea', 'lead');
  model.import(HIGH, NOON);
  model.score(NOON);
  return model;
}

let ids = 0;
function call(decision: Decision, more: Partial<DecisionCall> = {}): DecisionCall {
  ids += 1;
  const reason = { approve: 'household', reject: 'account_farm', escalate: 'needs_lead' }[decision];
  return { decisionId: `d${ids}`, item: 'rae 0', decision, reason, note: null, expectedVersion: null, ...more };
}

function decide(model: Model, by: string, one: DecisionCall, now = NOON): string | undefined {
  return model.decide([one], by, now)[0]?.outcome;
}

function undo(model: Model, by: string, one: DecisionCall, now: number): string {
  ids += 1;
  const [result] = model.undo([{ undoId: `u${ids}`, decisionId: one.decisionId, note: null }], by, now);
  return `${result?.outcome} ${result?.kind ?? ''}`.trim();
}

const bonuses = ({ state }: Model): readonly string[] =>
  [...(state.referrals.get('rae')?.bonuses.values() ?? [])].map(
    ({ userId, status, holdReason, ledger }) => `${userId} ${[status, holdReason ?? '', ...ledger].join(' ')}`,
  );

test('an approval within its grace is undone by whoever made it: both bonuses are taken back and held again', () => {
  const model = office();
  const approval = call('approve');
  expect(decide(model, 'anna', approval)).toBe('applied');
  expect(undo(model, 'ben', approval, NOON)).toBe('not_allowed');
  expect(undo(model, 'anna', approval, NOON + 10 * MINUTE)).toBe('applied undo');
  expect(bonuses(model)).toEqual([
    'rob held fraud_high bonus 5 adjustment -5',
    'rae held fraud_high bonus 25 adjustment -25',
  ]);
  expect(undo(model, 'anna', approval, NOON)).toBe('agreed');
});

test('later it takes a lead', () => {
  const model = office();
  const rejection = call('reject');
  decide(model, 'anna', rejection);
  expect(bonuses(model)).toEqual(['rob rejected ', 'rae rejected ']);
  expect(undo(model, 'anna', rejection, NOON + 11 * MINUTE)).toBe('not_allowed');
  expect(undo(model, 'lea', rejection, NOON + DAY)).toBe('applied reversal');
  expect(bonuses(model)).toEqual(['rob held fraud_high', 'rae held fraud_high']);
});

test('above the amount a first opinion waits, and the second one agrees, or hands it to a lead', () => {
  for (const [second, outcome, status] of [
    ['approve', 'applied', 'approved'],
    ['reject', 'conflict', 'escalated'],
  ] as const) {
    const model = office();
    model.state.review.settings = { above: 29, share: 0, undoMinutes: 10 };
    expect(decide(model, 'anna', call('approve'))).toBe('awaiting_second');
    expect(bonuses(model)).toEqual(['rob held second_review', 'rae held second_review']);
    expect(decide(model, 'anna', call('reject'))).toBe('not_allowed');
    expect(decide(model, 'ben', call(second))).toBe(outcome);
    expect(model.state.referrals.get('rae')?.items[0]?.status).toBe(status);
  }
});

test('at the amount itself one analyst is enough', () => {
  const model = office();
  model.state.review.settings = { above: 30, share: 0, undoMinutes: 10 };
  expect(decide(model, 'anna', call('approve'))).toBe('applied');
});

test('a first opinion is withdrawn by nobody else', () => {
  const model = office();
  model.state.review.settings = { above: 0, share: 0, undoMinutes: 0 };
  const first = call('approve');
  decide(model, 'anna', first);
  expect(undo(model, 'lea', first, NOON)).toBe('not_allowed');
  expect(undo(model, 'anna', first, NOON + HOUR)).toBe('applied withdrawal');
  expect(bonuses(model)).toEqual(['rob held fraud_high', 'rae held fraud_high']);
});

test('what is with a lead only a lead decides, and the same id is answered as before', () => {
  const model = office();
  const escalation = call('escalate');
  decide(model, 'anna', escalation);
  expect(decide(model, 'ben', call('approve'))).toBe('not_allowed');
  expect(decide(model, 'lea', call('approve'))).toBe('applied');
  expect(decide(model, 'anna', escalation)).toBe('applied');
  expect(decide(model, 'anna', { ...escalation, decision: 'approve' })).toBe('not_allowed');
  expect(undo(model, 'lea', escalation, NOON)).toBe('conflict');
});
