import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { processesOf } from '../support/core-hosts.ts';
import { temporaryHome } from '../support/electron.ts';
import { expectNothingLost } from '../support/kills/compare.ts';
import { type Desktop, killStarting, openDesktop, type Victim, type Where } from '../support/kills/desktop.ts';
import { isFilled, isReady } from '../support/kills/program.ts';
import { type ReviewedServer, reviewedServer } from '../support/kills/reviewed-server.ts';
import { disturb, restart } from '../support/kills/trouble.ts';
import { crossOthers, type Moment, MOMENTS, others, type Record, workUntil } from '../support/kills/work.ts';
import { Random } from '../support/random.ts';

const KILLS = 50;
const ITEMS = 500;
const SEED = 77;
const NOW = new Date('2026-10-01T12:00:00Z');
/** Each so many lives the program dies as it starts, main dies alone, the host dies before the rest does, or the server stops or crashes. */
const STARTS_EVERY = 5;
const MAIN_ALONE_EVERY = 4;
const HOST_FIRST_EVERY = 4;
const RESTARTS_EVERY = 9;

let home: Awaited<ReturnType<typeof temporaryHome>>;
let reviewed: ReviewedServer;
let where: Where;
beforeAll(async () => {
  home = await temporaryHome();
  reviewed = await reviewedServer(ITEMS, NOW);
  where = { home: home.home, databaseUrl: reviewed.mira.databaseUrl };
});
afterAll(async () => {
  for (const pid of processesOf(home.home)) process.kill(pid, 'SIGKILL');
  await reviewed.end();
  await home.remove();
});

describe.runIf(process.platform === 'linux' && inject('runtime').kind === 'registry')('the program', () => {
  it('killed fifty times, loses nothing that it told and does nothing twice', { timeout: 600_000 }, async () => {
    const random = new Random(SEED);
    const record: Record = { told: new Map(), asked: new Set() };
    const kills = { decide: 0, push: 0, pull: 0, time: 0, start: 0, all: 0, main: 0, host: 0 };
    const killed = (): number => kills.all + kills.main + kills.host;

    const die = async (program: Desktop, victim: Victim, own: Random): Promise<Promise<void>[]> => {
      const moment: Moment = MOMENTS[killed() % MOMENTS.length] ?? 'time';
      const { working } = await workUntil(moment, program, { reviewed, random: own, record });
      await program.kill(victim);
      kills[moment] += 1;
      kills[victim] += 1;
      // In a list, so that it is not waited for here: it ends with main.
      return [working];
    };
    const live = async (life: number, own: Random): Promise<void> => {
      if (life % STARTS_EVERY === 0) {
        await killStarting(where, own.int(100, 1500));
        kills.start += 1;
        kills.all += 1;
        return;
      }
      const program = await openDesktop(where);
      await isReady(program);
      const works: Promise<void>[] = [];
      if (life % HOST_FIRST_EVERY === 1) {
        works.push(...(await die(program, 'host', own)));
        // Main starts it again.
        await isReady(program);
      }
      works.push(...(await die(program, life % MAIN_ALONE_EVERY === 2 ? 'main' : 'all', own)));
      await Promise.all(works);
    };

    // Before there is anything in the cache, too.
    for (const afterMs of [700, 1000, 1300]) await killStarting(where, afterMs);
    const begun = await openDesktop(where);
    await isFilled(begun);
    await crossOthers(begun, reviewed, record);
    await begun.kill('all');
    for (let life = 0; killed() < KILLS; life += 1) {
      const own = new Random(random.int(0, 2 ** 31));
      const mend = disturb(reviewed, own);
      const restarted = life % RESTARTS_EVERY === 4 ? restart(reviewed, own) : null;
      await Promise.all([live(life, own), own.chance(0.4) ? others(reviewed, own).catch(() => undefined) : null]);
      await restarted;
      await mend();
    }

    const last = await openDesktop(where);
    await isReady(last);
    const outbox = await expectNothingLost(last, reviewed, record);
    await last.kill('all');
    // It was killed where it hurts, or all of this proved nothing.
    for (const times of Object.values(kills)) expect(times).toBeGreaterThan(3);
    const states = new Set(outbox.map(({ state }) => state));
    expect([...states]).toEqual(expect.arrayContaining(['applied', 'conflict']));
    expect(record.told.size).toBeGreaterThan(KILLS);
    expect(outbox.some(({ attempts }) => attempts > 1)).toBe(true);
  });
});
