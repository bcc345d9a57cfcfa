import { expect, test } from 'vitest';
import { queueFilter } from '../../core/contract/queue.ts';
import { chosenBy } from '../../core/review/bulk/chosen-by.ts';
import { readDecisionLines } from '../../core/review/bulk/lines.ts';
import { csvCell } from '../../core/review/bulk/report.ts';
import { eventSource, type Line } from '../../core/programme/import/source.ts';

test.each([
  ['plain', 'plain'],
  ['a,b', '"a,b"'],
  ['say "no"', '"say ""no"""'],
  ['two\nlines', '"two\nlines"'],
  ['=1+1', "'=1+1"],
  ['+49', "'+49"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['=A1,B1', `"'=A1,B1"`],
  [-5, '-5'],
  [null, ''],
])('the cell %j is %j', (value, cell) => {
  expect(csvCell(value)).toBe(cell);
});

test('how a session was chosen is told in words, without an e-mail', () => {
  const filter = (fields: object): string => chosenBy({ kind: 'filter', filter: queueFilter.parse(fields) });
  expect(filter({})).toBe('all pending');
  expect(filter({ priorities: ['high', 'critical'], scoreFrom: 90, signals: ['same_ip', 'vpn_proxy'] })).toBe(
    'all high or critical pending, from 90 points on, with same_ip and vpn_proxy',
  );
  expect(filter({ search: ' Kühn ', unclaimed: true })).toBe(
    'all pending, that match “Kühn”, that nobody else works on',
  );
  expect(filter({ search: 'lena@example.org' })).not.toContain('lena');
  expect(chosenBy({ kind: 'items', itemIds: ['9c476ebd-380b-46a3-9852-92a2c001fc99'] })).toBe('1 item by hand');
});

test('lines are decisions or are rejected by number, with the field that is wrong', async () => {
  const itemId = '9C476EBD-380B-46A3-9852-92A2C001FC99';
  const good = { itemId, decision: 'approve', reason: 'household' };
  const lines = eventSource(() => [
    good,
    { ...good, decision: 'maybe' },
    { ...good, itemId: '12' },
    { ...good, reason: '' },
    { ...good, note: 'a\u0000b' },
    { ...good, note: null, decisionId: itemId },
    'text',
  ]).lines();
  const read = await readDecisionLines(lines);
  expect(read.lines).toEqual([1, 6]);
  expect(read.items).toEqual([
    { itemId: itemId.toLowerCase(), decision: 'approve', reason: 'household' },
    { itemId: itemId.toLowerCase(), decision: 'approve', reason: 'household', decisionId: itemId.toLowerCase() },
  ]);
  expect(read.rejected.map(({ line, reason }) => [line, reason.split(':')[0]])).toEqual([
    [2, 'decision'],
    [3, 'itemId'],
    [4, 'reason'],
    [5, 'note'],
    [7, 'not an object'],
  ]);
});

test('what is no JSON, too long or not UTF-8 is rejected; empty lines are no lines', async () => {
  async function* lines(): AsyncGenerator<Line> {
    yield { number: 1, bytes: 3, text: '{"' };
    yield { number: 2, bytes: 1, text: '  ' };
    yield { number: 3, bytes: 9, text: null, fault: 'not UTF-8' };
  }
  expect(await readDecisionLines(lines())).toEqual({
    lines: [],
    items: [],
    rejected: [
      { line: 1, reason: 'not JSON', text: '{"' },
      { line: 3, reason: 'not UTF-8', text: '' },
    ],
  });
});
