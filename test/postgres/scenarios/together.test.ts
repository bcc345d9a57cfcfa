import { expect, test } from 'vitest';
import { at, code, referee, seen, pair, user, type ScenarioEvent } from '../../support/scenario-events.ts';
import { brokenInvariants, readOutcome } from '../../support/scenario-outcome.ts';
import { bonuses, raeQueued } from '../../support/scenario-rows.ts';
import { openWorkbench, type Workbench } from '../../support/scenario-workbench.ts';

const HOME = '192.0.2.1';

async function withBench<Result>(work: (bench: Workbench) => Promise<Result>): Promise<Result> {
  const bench = await openWorkbench();
  try {
    return await work(bench);
  } finally {
    await bench.close();
  }
}

function importing(bench: Workbench, events: readonly ScenarioEvent[]): Promise<void> {
  return bench.import(
    events.map((event) => JSON.stringify(event)),
    at('+10d'),
    [],
    0,
  );
}

const scoring = ['score', '--now', at('+10d'), '--json'];

test('the same file imported by three processes at once happened once', async () => {
  await withBench(async (bench) => {
    const story = [...pair({ ip: HOME, device: 'tablet' }), seen('rob', '-1d', { ip: HOME, device: 'tablet' })];
    await Promise.all([importing(bench, story), importing(bench, story), importing(bench, story)]);
    await bench.umpire(scoring);
    const expected = raeQueued(80, ['same_device', 'same_ip']);
    expect({
      ...(await readOutcome(bench, expected)),
      duplicates: bench.imports.reduce((sum, { duplicates }) => sum + duplicates, 0),
      broken: await brokenInvariants(bench.pool),
    }).toEqual({ ...expected, bonuses: [...expected.bonuses].sort(), duplicates: 2 * story.length, broken: [] });
  });
});

test('imports at once do not give the last use of a code to more than one', async () => {
  await withBench(async (bench) => {
    await importing(bench, [user('rob', '-60d'), code('ROB', 'rob', '-50d', { maxUses: 1 })]);
    await Promise.all(
      ['ray', 'rae', 'kim'].map((name, index) => importing(bench, referee(name, 'ROB', `+${2 - index}h`))),
    );
    await bench.umpire(scoring);
    const { referrals, bonuses: paid } = await readOutcome(bench, { referrals: {}, bonuses: [], queue: [] });
    expect({ referrals: Object.keys(referrals), paid, broken: await brokenInvariants(bench.pool) }).toEqual({
      referrals: ['kim'],
      paid: [...bonuses('paid', 'kim')].sort(),
      broken: [],
    });
  });
});

test('deciding an item twice at once pays it once', async () => {
  await withBench(async (bench) => {
    await importing(bench, [
      ...pair({ ip: HOME, device: 'tablet' }),
      seen('rob', '-1d', { ip: HOME, device: 'tablet' }),
    ]);
    await bench.umpire(scoring);
    const item = await bench.itemOf('rae', ['pending']);
    const decision = ['decide', item, 'approve', '--reason', 'household', '--as', 'nina', '--json'];
    await Promise.all([bench.umpire(decision), bench.umpire(decision)]);
    const { ledger } = await readOutcome(bench, { referrals: {}, bonuses: [], queue: [], ledger: {} });
    expect({ ledger, broken: await brokenInvariants(bench.pool) }).toEqual({
      ledger: { rae: ['bonus 25 completed'], rob: ['bonus 5 completed'] },
      broken: [],
    });
  });
});
