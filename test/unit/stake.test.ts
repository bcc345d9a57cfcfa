import { expect, test } from 'vitest';
import type { CaseBonus } from '../../core/contract/case.ts';
import { stakeOf } from '../../core/review/stake.ts';

const NOW = new Date('2026-03-20T12:00:00Z');

function bonus(credits: number, fields: Partial<CaseBonus>): CaseBonus {
  return {
    id: '9c476ebd-380b-46a3-9852-92a2c001fc99',
    userId: 'u',
    role: 'referrer',
    eventType: 'registered',
    appId: null,
    credits,
    tierAtTime: 'bronze',
    tierMultiplier: 1,
    status: 'held',
    holdReason: null,
    holdUntil: null,
    releasedAt: null,
    createdAt: '2026-03-01T00:00:00.000Z',
    ...fields,
  };
}

test('approving releases fraud holds only; rejecting takes all that is unpaid, and what was paid within seven days', () => {
  const bonuses = [
    bonus(1, { holdReason: 'fraud_high' }),
    bonus(2, { holdReason: 'fraud_medium' }),
    bonus(4, { holdReason: 'rate_limited' }),
    bonus(8, { status: 'pending' }),
    bonus(16, { status: 'paid', releasedAt: '2026-03-13T12:00:00.001Z' }),
    bonus(32, { status: 'paid', releasedAt: '2026-03-13T12:00:00.000Z' }),
    bonus(64, { status: 'rejected' }),
    bonus(128, { holdReason: 'second_review' }),
    bonus(256, { holdReason: 'manual_check' }),
  ];
  expect(stakeOf(bonuses, 'programme', NOW)).toEqual({
    releases: 1 + 2 + 128,
    rejects: 1 + 2 + 4 + 8 + 128 + 256,
    takesBack: 16,
  });
  expect(stakeOf(bonuses, 'observe', NOW).takesBack).toBe(0);
});
