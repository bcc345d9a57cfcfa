import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enableAccount } from '../../core/postgres/roles/accounts.ts';
import type { SyncStatus } from '../../core/contract/sync.ts';
import { verify } from '../../core/programme/verify.ts';
import type { LaunchedApp } from '../support/electron.ts';
import type { Login } from '../support/logins.ts';
import { type ReviewDay, reviewDay } from '../support/review-day.ts';
import { barriers, decideByKey, foot, footSays, openCase, SOON, syncStatus } from '../support/window.ts';

const ITEMS = 40;

const alertOf = (window: Page): Locator => window.getByRole('main').getByRole('alert');
const removal = (window: Page): Locator => window.getByRole('group', { name: 'Remove the copy' });

/** Where main itself asks before something is lost, the person says yes. */
async function agreesToRemoval({ app }: LaunchedApp): Promise<void> {
  await app.evaluate(({ dialog }) => {
    dialog.showMessageBox = (...given: unknown[]) => {
      const { buttons = [] } = given.at(-1) as Electron.MessageBoxOptions;
      return Promise.resolve({
        response: buttons.findIndex((name) => name.startsWith('Remove')),
        checkboxChecked: false,
      });
    };
  });
}

async function toSettings(window: Page): Promise<void> {
  await window.keyboard.press('Control+,');
  await removal(window).waitFor(SOON);
}

/** Off the network only with all that a review needs. */
async function goesOffline(window: Page, { proxy }: ReviewDay): Promise<void> {
  await expect.poll(async () => (await syncStatus(window)).kept, SOON).toSatisfy(isWhole);
  proxy.shut();
  await footSays(window, 'off-line since');
}

const isWhole = ({ wanted, present }: SyncStatus['kept']): boolean => wanted > 0 && present === wanted;

async function toQueue(window: Page): Promise<void> {
  await window.keyboard.press('g');
  await window.keyboard.press('q');
  await openCase(window, null);
}

async function queueHolds(window: Page, cases: number): Promise<void> {
  const head = window.getByRole('region', { name: 'Queue of cases' });
  await expect.poll(() => head.textContent(), SOON).toContain(`${cases} cases`);
}

describe('the copy on this computer', () => {
  let day: ReviewDay;
  let mira: Login;
  let launched: LaunchedApp;

  /** The ids of what the server has of the analyst's decisions. */
  const delivered = async (): Promise<number> => {
    const { rows } = await day.pool.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM umpire.decisions WHERE actor = $1',
      [mira.name],
    );
    return rows[0]?.n ?? -1;
  };
  const fileOf = async (name: string): Promise<string> => {
    const [cache = ''] = await readdir(join(day.home, 'cache'));
    return join(day.home, 'cache', cache, name);
  };

  beforeAll(async () => {
    day = await reviewDay(ITEMS);
    mira = await day.logins.add('analyst', 'mira');
    launched = await day.start(mira);
  });
  afterAll(async () => {
    await launched.close();
    await day.end();
  });

  it('is removed in two steps where all was delivered, and comes anew from the server', async () => {
    const { window } = launched;
    await footSays(window, 'on-line · synced');
    await toSettings(window);
    await removal(window).getByRole('button', { name: 'Remove…' }).click();
    await removal(window).getByText('Every decision was delivered; nothing is lost.', { exact: false }).waitFor(SOON);
    // An Enter too many removes nothing.
    expect(
      await removal(window)
        .getByRole('button', { name: 'Keep it' })
        .evaluate((keep) => keep === document.activeElement),
    ).toBe(true);
    expect(await barriers(window)).toEqual([]);
    await removal(window).getByRole('button', { name: 'Remove it' }).click();
    await footSays(window, 'The copy on this computer was removed');
    await footSays(window, 'on-line · synced');
    await toQueue(window);
    await queueHolds(window, ITEMS);
  });

  it('says how many decisions would be lost with it, and keeps them when it is kept', async () => {
    const { window } = launched;
    await goesOffline(window, day);
    await decideByKey(window, 'r', 2);
    await footSays(window, '2 decisions waiting');
    await toSettings(window);
    await removal(window).getByRole('button', { name: 'Remove…' }).click();
    await removal(window).getByText('What would be lost is nowhere else: 2 decisions not delivered.').waitFor(SOON);
    expect(await barriers(window)).toEqual([]);
    await removal(window).getByRole('button', { name: 'Keep it' }).click();
    await removal(window).getByRole('button', { name: 'Remove…' }).waitFor(SOON);
    await footSays(window, '2 decisions waiting');
  });

  it('is removed with them when the person says so, and says why there is no queue without a server', async () => {
    const { window } = launched;
    await agreesToRemoval(launched);
    await removal(window).getByRole('button', { name: 'Remove…' }).click();
    await removal(window).getByRole('button', { name: 'Remove it and lose 2 decisions' }).click();
    await alertOf(window).getByText('The connection to Postgres is lost', { exact: false }).waitFor(SOON);
    // For a computer that is given away it is the one thing to know.
    expect(await alertOf(window).textContent()).toMatch(/^The copy was removed from this computer\. /);
    expect(await window.getByRole('grid', { name: 'Queue' }).count()).toBe(0);
    expect(await barriers(window)).toEqual([]);
    await day.proxy.openAgain();
    await alertOf(window).getByRole('button', { name: 'Retry' }).click();
    await footSays(window, '0 waiting');
    await toQueue(window);
    await queueHolds(window, ITEMS);
    expect(await delivered()).toBe(0);
  });

  it('goes when the account is disabled, but for what was not delivered, and nothing of anybody stays on the screen', async () => {
    const { window } = launched;
    await goesOffline(window, day);
    await decideByKey(window, 'r', 3);
    await footSays(window, '3 decisions waiting');
    await enableAccount(day.pool, mira.name, false, undefined);
    await day.proxy.openAgain();
    await window.keyboard.press('Shift+S');
    await alertOf(window).getByText('disabled', { exact: false }).waitFor(SOON);
    const words = (await alertOf(window).textContent()) ?? '';
    expect(words).toContain('The copy of the queue was removed from this computer');
    expect(words).toContain('3 decisions that no server has taken stay on this computer');
    expect(await window.locator('body').textContent()).not.toMatch(/Guest|Owner/);
    expect(await barriers(window)).toEqual([]);
  });

  it('has what waited sent when the account is enabled again', async () => {
    const { window } = launched;
    await enableAccount(day.pool, mira.name, true, undefined);
    await alertOf(window).getByRole('button', { name: 'Retry' }).click();
    await footSays(window, '0 waiting');
    await toQueue(window);
    await expect.poll(delivered, SOON).toBe(3);
    await queueHolds(window, ITEMS - 3);
  });

  it('whose key cannot be had is said to be safe, is not touched, and is read again with its key', async () => {
    await goesOffline(launched.window, day);
    await decideByKey(launched.window, 'r', 2);
    await footSays(launched.window, '2 decisions waiting');
    await launched.close();
    const [key, file] = [await fileOf('key'), await fileOf('cache.db')];
    const [goodKey, copy] = [await readFile(key), await readFile(file)];
    await writeFile(key, 'torn');
    launched = await day.start(mira);
    const { window } = launched;
    await alertOf(window).getByText('its key cannot be had', { exact: false }).waitFor(SOON);
    await alertOf(window).getByText(`The file ${key} is damaged.`, { exact: false }).waitFor(SOON);
    expect(await barriers(window)).toEqual([]);
    expect((await readFile(file)).equals(copy)).toBe(true);

    await writeFile(key, goodKey);
    await alertOf(window).getByRole('button', { name: 'Retry' }).click();
    await footSays(window, '2 decisions waiting');
  });

  it('that is damaged says so, is not touched, and is removed in two steps', async () => {
    await launched.close();
    const file = await fileOf('cache.db');
    const damaged = await readFile(file);
    damaged.fill('scratched', 0, 4096);
    await writeFile(file, damaged);
    launched = await day.start(mira);
    const { window } = launched;
    await alertOf(window).getByText('the file is damaged', { exact: false }).waitFor(SOON);
    expect((await readFile(file)).equals(damaged)).toBe(true);
    const main = window.getByRole('main');
    await main.getByRole('button', { name: 'Remove the copy from this computer…' }).click();
    await main.getByText('Decisions in it that were not delivered would be lost', { exact: false }).waitFor(SOON);
    expect(await barriers(window)).toEqual([]);
    await main.getByRole('button', { name: 'Keep it' }).click();
    expect((await readFile(file)).equals(damaged)).toBe(true);

    await day.proxy.openAgain();
    await agreesToRemoval(launched);
    await main.getByRole('button', { name: 'Remove the copy from this computer…' }).click();
    await main.getByRole('button', { name: 'Remove it' }).click();
    await footSays(window, 'on-line · synced');
    await openCase(window, null);
    expect(await foot(window).textContent()).toContain('0 waiting');
    expect(await delivered()).toBe(3);
    expect(await verify(day.pool)).toEqual([]);
  });

  it('had no error on its console', () => {
    expect(launched.consoleErrors).toEqual([]);
  });
});
