import { expect, test } from 'vitest';
import { history } from '../support/programme/generate.ts';
import { eventsIn } from '../support/programme/history.ts';
import type { Shape } from '../support/programme/people.ts';
import { run } from '../support/programme/run.ts';
import { shrink, written } from '../support/programme/shrink.ts';

const SHAPES: Record<string, Shape> = {
  small: { referrers: 3, referees: 24, isContested: true, isDense: false, days: 40 },
  crowd: { referrers: 12, referees: 330, isContested: true, isDense: false, days: 60 },
  dense: { referrers: 3, referees: 320, isContested: false, isDense: true, days: 60 },
};

test('small', { timeout: 900_000 }, async () => {
  const first = Number(process.env['UMPIRE_PROGRAMME_SEED'] ?? 1);
  const many = Number(process.env['MANY'] ?? 1);
  for (let seed = first; seed < first + many; seed++) {
    const told = history(seed, SHAPES[process.env['SHAPE'] ?? 'small']!);
    const began = Date.now();
    const failure = await run(told);
    console.log(seed, told.length, eventsIn(told), Date.now() - began);
    if (failure !== null) {
      console.log(JSON.stringify(failure, null, 1));
      const s = Date.now();
      console.log(written(await shrink(told, failure, 60_000)));
      console.log('shrunk in', Date.now() - s);
      expect.unreachable();
    }
  }
  expect(1).toBe(1);
});
