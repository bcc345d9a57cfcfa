import { expect, test } from 'vitest';
import { DAY, type Micros } from '../../core/programme/instant.ts';
import { type CodeAt, judge, type Places } from '../../core/programme/registration/judge.ts';

const code: CodeAt = { codeId: 'c', ownerId: 'ref', type: 'custom', isActive: true, maxUses: null, expiresAt: null };
const places = (taken: { uses?: number; referred?: string; code?: Micros[]; referrer?: Micros[] } = {}): Places => ({
  uses: () => taken.uses ?? 0,
  isReferred: (id) => id === taken.referred,
  ofCode: () => taken.code ?? [],
  ofReferrer: () => taken.referrer ?? [],
});
const at = 100 * DAY;
const attempt = { at, refereeId: 'new' };
const times = (count: number, time: Micros): Micros[] => Array.from({ length: count }, () => time);

test('each reason refuses, and the first in the order of the specification is named', () => {
  const bad: CodeAt = { ...code, isActive: false, expiresAt: at, maxUses: 1, ownerId: 'new' };
  const full = places({ uses: 1, referred: 'new', code: times(50, at) });
  expect(judge(attempt, null, full)).toBe('invalid_code');
  expect(judge(attempt, bad, full)).toBe('code_inactive');
  expect(judge(attempt, { ...bad, isActive: true }, full)).toBe('code_expired');
  expect(judge(attempt, { ...bad, isActive: true, expiresAt: at + 1 }, full)).toBe('code_max_uses');
  expect(judge(attempt, { ...code, ownerId: 'new' }, full)).toBe('self_referral');
  expect(judge(attempt, code, full)).toBe('already_referred');
  expect(judge({ at, refereeId: 'other' }, code, full)).toBe('rate_limited');
  expect(judge(attempt, code, places())).toBe('accepted');
});

test('the window is (at − 24 h, at]', () => {
  expect(judge(attempt, code, places({ referrer: times(20, at - DAY) }))).toBe('accepted');
  expect(judge(attempt, code, places({ referrer: times(20, at - DAY + 1) }))).toBe('rate_limited');
  expect(judge(attempt, code, places({ referrer: times(19, at) }))).toBe('accepted');
});

test('a campaign code is limited by itself alone', () => {
  const campaign: CodeAt = { ...code, type: 'campaign' };
  expect(judge(attempt, campaign, places({ referrer: times(20, at) }))).toBe('accepted');
  expect(judge(attempt, campaign, places({ code: times(50, at) }))).toBe('rate_limited');
});

test('one that comes late does not push a standing one over its limit', () => {
  const later = at + DAY / 2;
  expect(judge(attempt, code, places({ referrer: times(20, later) }))).toBe('rate_limited');
  expect(judge(attempt, code, places({ referrer: times(19, later) }))).toBe('accepted');
  expect(judge(attempt, code, places({ referrer: times(20, at + DAY) }))).toBe('accepted');
});
