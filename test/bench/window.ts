import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from 'playwright';
import type { SyncStatus } from '../../core/contract/sync.ts';
import { connect } from '../../core/postgres/connection.ts';
import { launchIn } from '../support/launch.ts';
import { loginsOf } from '../support/logins.ts';
import { connectionOf } from '../support/postgres.ts';
import { proxyTo } from '../support/proxy.ts';
import { until } from '../support/until.ts';
import { openWorkstation } from '../support/workstation.ts';
import { atLeast, below, type Figure, figure } from './figure.ts';
import { measureLanding } from './landing.ts';
import { openQueue, withCopyOf } from './open-queue.ts';
import type { ProgrammeOptions } from './programme.ts';
import { followNextCase, followQueue, followScrolling, followUnbound, type Scrolled } from './window-page.ts';

/** Two items a referral: 100,000 of 50,000. */
const ITEMS = 2;
const EACH = 50;
/** The first keys compile what they run, once in a day's work. */
const WARMING = 20;
/** From one case to the next key: quicker than anybody reads. */
const LOOK_MS = 400;
const KEYS = ['a', 'r', 'e'];
/** How long the search waits for the next letter (renderer/features/queue/queue-head.tsx). */
const TYPING_MS = 120;

/**
 * The real program on a display, with everything cached from a real server: what a person waits for from a key to the frame that
 * shows what it did, with the server and without.
 */
export async function measureWindow(url: string, { referrals, say }: ProgrammeOptions): Promise<Figure[]> {
  const base = await openQueue(url, referrals * ITEMS, say, 'all');
  const home = await mkdtemp(join(tmpdir(), 'umpire-bench-window-'));
  const workstation = await openWorkstation();
  try {
    return await withCopyOf(url, base, async (copy) => {
      const connection = connectionOf(copy);
      const pool = connect(copy, 'umpire bench');
      const logins = loginsOf({ url: copy, connection, drop: () => Promise.resolve() }, pool);
      const proxy = await proxyTo(connection);
      try {
        const login = await logins.add('analyst');
        const { window, close } = await launchIn(workstation.runtime, workstation.display ?? null, {
          home,
          databaseUrl: proxy.through(login.url),
        });
        try {
          say('filling the cache of the window');
          const items = await filled(window);
          const figures = await measured(window, items, 'on-line', say);
          proxy.shut();
          await until(async () => ((await statusOf(window)).link === 'offline' ? true : null));
          figures.push(...(await measured(window, items, 'off-line', say)));
          const land = async (): Promise<void> => {
            await proxy.openAgain();
            await window.evaluate(() => umpire.call('sync.now', {}));
          };
          figures.push(...(await measureLanding(window, pool, () => statusOf(window), land, say)));
          return figures;
        } finally {
          await close();
        }
      } finally {
        proxy.shut();
        await logins.end();
        await pool.end();
      }
    });
  } finally {
    await workstation.stop();
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function statusOf(window: Page): Promise<SyncStatus> {
  const outcome = await window.evaluate(() => umpire.call('sync.status', {}));
  if (!outcome.ok) throw new Error(outcome.error.message);
  return outcome.value;
}

/** Waits until everything is here, and the evidence of all that is kept whole. Returns how many items. */
async function filled(window: Page): Promise<number> {
  await window.locator('section[aria-label=Case][data-item-id]').waitFor({ timeout: 300_000 });
  await until(async () => {
    const { pulledAt, kept } = await statusOf(window);
    return pulledAt !== null && kept.wanted > 0 && kept.present === kept.wanted ? true : null;
  });
  return Number(await window.getByRole('grid', { name: 'Queue' }).getAttribute('aria-rowcount'));
}

async function measured(
  window: Page,
  items: number,
  link: 'on-line' | 'off-line',
  say: (line: string) => void,
): Promise<Figure[]> {
  say(`${link}: keys, searches and scrolling among ${items} items`);
  const floor: number[] = [];
  const next: number[] = [];
  await window.getByRole('grid', { name: 'Queue' }).focus();
  for (let nth = -WARMING; nth < EACH; nth += 1) {
    const nothing = await timedIn(window, followUnbound, () => window.keyboard.press('F8'));
    await pause(LOOK_MS);
    const key = KEYS[(nth + WARMING) % KEYS.length] ?? 'a';
    const decided = await timedIn(window, followNextCase, () => window.keyboard.press(key));
    await pause(LOOK_MS);
    if (nth >= 0) {
      floor.push(nothing);
      next.push(decided);
    }
  }
  const search: number[] = [];
  for (const text of await searches(window)) {
    search.push((await timedIn(window, followQueue, () => field(window).fill(text))) - TYPING_MS);
    await field(window).fill('');
    await whole(window, items);
  }
  const filter: number[] = [];
  for (let nth = 0; nth < EACH; nth += 1) {
    const band = window.getByRole('button', { name: 'Critical', exact: true });
    filter.push(await timedIn(window, followQueue, () => band.click()));
    await band.click();
    await whole(window, items);
  }
  const scrolled: Scrolled = await window.evaluate(followScrolling);
  return [
    figure(`window ${link}, key to the frame after next, floor, p95`, 'ms', [p95(floor)]),
    figure(`window ${link}, decision to next case painted, p50`, 'ms', [p50(next)]),
    figure(`window ${link}, decision to next case painted, p95`, 'ms', [p95(next)], below(50)),
    figure(`window ${link}, search over ${items}, p95`, 'ms', [p95(search)], below(100)),
    figure(`window ${link}, filter over ${items}, p95`, 'ms', [p95(filter)], below(100)),
    figure(`window ${link}, scrolling ${items} rows`, 'frames/s', [scrolled.framesPerSecond], atLeast(57)),
    figure(`window ${link}, scrolling ${items} rows, longest task`, 'ms', [scrolled.longestTask], below(50)),
  ];
}

/** Waits until the queue shows all again, and nothing that was asked for before comes after it. */
async function whole(window: Page, items: number): Promise<void> {
  await window.waitForFunction(
    (all) => Number(document.querySelector('[role=grid][aria-label=Queue]')?.getAttribute('aria-rowcount')) * 2 > all,
    items,
  );
  await pause(LOOK_MS);
}

const field = (window: Page) => window.getByRole('textbox', { name: 'Search the queue' });

/** Beginnings of names, each of which leaves few of all. */
async function searches(window: Page): Promise<string[]> {
  const outcome = await window.evaluate(() =>
    umpire.call('queue.page', {
      filter: { statuses: ['pending'], priorities: [], signals: [], search: '', order: 'newest', unclaimed: false },
      offset: 0,
      limit: 100,
    }),
  );
  if (!outcome.ok) throw new Error(outcome.error.message);
  const names = outcome.value.rows
    .map(({ refereeName }) => refereeName.slice(0, 4))
    .filter((name) => /^\w{4}$/.test(name));
  return [...new Set(names)].slice(0, EACH);
}

/** Milliseconds from what `act` sets off in the page until what `follow` waits for is painted there. */
async function timedIn(window: Page, follow: () => void, act: () => Promise<unknown>): Promise<number> {
  await window.evaluate(follow);
  await act();
  return window.evaluate(() => globalThis.benchPainted);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
const p50 = (values: readonly number[]): number => quantile(values, 0.5);
const p95 = (values: readonly number[]): number => quantile(values, 0.95);
