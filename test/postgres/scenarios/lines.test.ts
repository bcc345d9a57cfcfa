import { beforeAll, describe, expect, test } from 'vitest';
import { load, scenario, score } from '../../support/scenario.ts';
import { at, pair, pattern, user, without, register, used, type ScenarioEvent } from '../../support/scenario-events.ts';
import type { Outcome } from '../../support/scenario-outcome.ts';
import { openWorkbench, type RejectedLine } from '../../support/scenario-workbench.ts';
import { raePaid } from '../../support/scenario-rows.ts';

const good = pair();

/** Rae as if the bad lines had never been there; each bad line is told by its number and a reason that has this in it. */
function raeDespite(rejected: readonly (readonly [number, RegExp])[]): Outcome {
  const lines = rejected.map(([line, reason]) => ({ line, reason: expect.stringMatching(reason) as unknown }));
  return { ...raePaid(), imports: [{ refused: {}, duplicates: 0, rejected: lines }] };
}

/** What each shows, the line, and what the reason has in it. */
const BAD: readonly (readonly [name: string, line: string | ScenarioEvent, reason: RegExp])[] = [
  ['a line that is no JSON is rejected by its number', '{"id":"x","type":', /json/i],
  ['a line that is JSON but no object is rejected', '[1, 2]', /./],
  [
    'an unknown type of event is rejected by name',
    { id: 'x', type: 'user.vanished', at: '2026-03-10T12:00:00Z', userId: 'rae' },
    /user\.vanished|type/,
  ],
  ['a missing field is rejected by name', without(register('rae', 'ROB'), 'refereeId'), /refereeId/],
  ['an amount that is no number is rejected by name', used('rae', '+1h', { amount: 'five' }), /amount/],
  ['a time without a zone is rejected by name', { ...used('rae', '+1h'), at: '2026-03-10T12:00:00' }, /\bat\b/],
  ['a day that does not exist is rejected by name', { ...used('rae', '+1h'), at: '2026-02-30T12:00:00Z' }, /\bat\b/],
  ['an address that is none is rejected by name', register('rae', 'ROB', '+1h', { ip: '192.0.2.256' }), /\bip\b/],
  [
    'a sighting in an unknown context is rejected by name',
    { id: 'x', type: 'user.seen', at: '2026-03-10T12:00:00Z', userId: 'rae', context: 'dream', ip: '192.0.2.1' },
    /context/,
  ],
  ['a user without an e-mail address is rejected by name', user('ray', '0', 'ray at home'), /email/],
  ['an event without an id is rejected by name', without(used('rae', '+1h'), 'id'), /\bid\b/],
  [
    'a pattern whose regular expression does not compile is rejected by name',
    pattern('email_domain', '/([a-z/', 10),
    /patternValue/,
  ],
  [
    'a regular expression that takes more than linear time is rejected by name',
    pattern('email_domain', '/^(a+)\\1$/', 10),
    /patternValue/,
  ],
  ['a pattern of no points is rejected by name', pattern('device_pattern', 'tablet', 0), /scoreImpact/],
  ['a range that is none is rejected by name', pattern('ip_range', '198.51.100.0/33', 10), /patternValue/],
];

describe('bad lines after the good ones', () => {
  const read: { rejected: readonly RejectedLine[] } = { rejected: [] };
  beforeAll(async () => {
    const bench = await openWorkbench();
    try {
      const lines = [...good, ...BAD.map(([, line]) => line)];
      const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
      await bench.import(text, at('+10d'), [], 0);
      read.rejected = bench.imports[0]?.rejected ?? [];
    } finally {
      await bench.close();
    }
  });

  test.each(BAD.map(([name, , reason], index) => ({ name, reason, index })))('$name', ({ reason, index }) => {
    const line = { line: good.length + index + 1, reason: expect.stringMatching(reason) as unknown };
    expect(read.rejected[index]).toEqual(line);
  });

  test('and no other line is rejected', () => {
    expect(read.rejected.map(({ line }) => line)).toEqual(BAD.map((_, index) => good.length + index + 1));
  });
});

scenario(
  'bad lines anywhere keep their own numbers and do not stop the good ones between them',
  [
    load([], {
      lines: [
        'no',
        JSON.stringify(good[0]),
        JSON.stringify(good[1]),
        '{}',
        ...good.slice(2).map((e) => JSON.stringify(e)),
        'no',
      ],
    }),
    score(),
  ],
  raeDespite([
    [1, /./],
    [4, /./],
    [7, /./],
  ]),
);

scenario(
  'a strict import ends with exit code 1 and has still taken the good lines',
  [load(good, { lines: ['no'], flags: ['--strict'], exit: 1 }), score()],
  raeDespite([[5, /./]]),
);

scenario(
  'a strict import without bad lines ends with exit code 0',
  [load(good, { flags: ['--strict'] }), score()],
  raeDespite([]),
);
