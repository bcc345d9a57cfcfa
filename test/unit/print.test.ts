import { expect, test } from 'vitest';
import { printQueue } from '../../core/cli/print/queue.ts';
import { printable, table } from '../../core/cli/print/table.ts';
import type { QueueItem } from '../../core/cli/commands/queue.ts';

const row: QueueItem = {
  itemId: '9c476ebd-380b-46a3-9852-92a2c001fc99',
  version: 1,
  score: 118,
  priority: 'critical',
  status: 'pending',
  signals: ['same_device', 'same_ip'],
  referrerName: 'Lena Kühn',
  refereeName: 'Till\u001B[31m\nÖzdemir',
  referrerReferrals: 7,
  stake: 210,
  dueAt: '2026-03-12T09:14:00.000Z',
  createdAt: '2026-03-05T09:14:00.000Z',
  sourceAppId: 'chat',
  claimedBy: null,
  outbox: null,
  relationshipId: '1c476ebd-380b-46a3-9852-92a2c001fc99',
  referrerId: 'lena',
  refereeId: 'till',
  why: 'critical, 118 points · due in 3 h',
};

test('the queue is one aligned line an item, and a name cannot move the cursor', () => {
  expect(printQueue([row])).toBe(
    [
      'ITEM                                  PRIORITY  SCORE  STATUS   DUE (UTC)         STAKE  REFERRER   REFEREE            WHY NEXT                           SIGNALS',
      '9c476ebd-380b-46a3-9852-92a2c001fc99  critical    118  pending  2026-03-12 09:14    210  Lena Kühn  Till [31m Özdemir  critical, 118 points · due in 3 h  same_device same_ip',
    ].join('\n'),
  );
});

test('an empty queue says so', () => {
  expect(printQueue([])).toBe('No items.');
});

test('columns are as wide as what a person counts', () => {
  const columns = [
    { title: 'A', text: (text: string) => text },
    { title: 'B', text: () => 'x' },
  ];
  expect(table(columns, ['é', 'e\u0301e'])).toBe('A   B\né   x\ne\u0301e  x');
  expect(printable('a\u200Bb')).toBe('a b');
});
