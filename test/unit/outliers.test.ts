import { describe, expect, test } from 'vitest';
import { outliersOf, type SessionItem } from '../../core/review/bulk/outliers.ts';

const item = (n: number, fields: Partial<SessionItem> = {}): SessionItem => ({
  itemId: `item-${String(n).padStart(3, '0')}`,
  decision: 'reject',
  band: 'high',
  score: 60 + (n % 5),
  stake: 40 + (n % 7),
  signals: ['same_ip', 'same_device'],
  referrerId: `referrer-${n % 4}`,
  opposed: 0,
  ...fields,
});
const session = (size: number, last: Partial<SessionItem> = {}): SessionItem[] =>
  Array.from({ length: size }, (_, n) => item(n, n === size - 1 ? last : {}));

describe('items unlike the rest of a session', () => {
  test('items of one kind have none', () => {
    expect(outliersOf(session(100))).toEqual([]);
    expect(outliersOf(Array.from({ length: 50 }, (_, n) => item(n, { score: 65, stake: 40 })))).toEqual([]);
  });

  test.each([
    ['another band', { band: 'critical' }, 'critical, as only this one of 100 of the session'],
    ['a score far off', { score: 140 }, '140 points, where the middle is 62'],
    ['much at stake', { stake: 1200 }, '1,200 credits at stake, where the middle is 43'],
    [
      'a signal that nobody else has',
      { signals: ['same_ip', 'same_device', 'vpn_proxy'] },
      'vpn_proxy, which only this one of 100 have',
    ],
    ['without what nearly all have', { signals: ['same_ip'] }, 'not same_device, which nearly all others have'],
    [
      'the only one of its referrer',
      { referrerId: 'alone' },
      'the only one of its referrer, where others come in groups',
    ],
    ['decided otherwise before', { opposed: 2 }, '2 referrals of this referrer were approved before'],
  ] as const)('%s', (_, fields, why) => {
    expect(outliersOf(session(100, fields))).toEqual([{ itemId: 'item-099', why }]);
  });

  test('the most unlike come first, at most twenty, with the two strongest reasons', () => {
    const many = Array.from({ length: 600 }, (_, n) =>
      item(
        n,
        n >= 570 ? { opposed: n - 569, stake: n === 599 ? 5000 : 40, band: n === 599 ? 'critical' : 'high' } : {},
      ),
    );
    const found = outliersOf(many);
    expect(found).toHaveLength(20);
    expect(found[0]).toEqual({
      itemId: 'item-599',
      why: '30 referrals of this referrer were approved before; 5,000 credits at stake, where the middle is 43',
    });
  });

  test('a few items have no rest that one is unlike; what was decided otherwise before still counts', () => {
    expect(outliersOf(session(3, { score: 900, opposed: 1, decision: 'approve' }))).toEqual([
      { itemId: 'item-002', why: '1 referral of this referrer was rejected before' },
    ]);
  });
});
