import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright';
import { uuidv7 } from 'uuidv7';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCache } from '../../core/cache/cache.ts';
import { layoutOf } from '../../core/cache/folder.ts';
import { writeOwner } from '../../core/cache/owner.ts';
import { STATUS_AFTER, type Decision } from '../../core/domain/decision.ts';
import type { Pool } from '../../core/postgres/connection.ts';
import { verify } from '../../core/programme/verify.ts';
import { decide } from '../../core/review/decide.ts';
import { undo } from '../../core/review/undo.ts';
import { CACHE_KEY, decisionOn, headOf, pull } from '../support/cache.ts';
import type { LaunchedApp } from '../support/electron.ts';
import type { Login } from '../support/logins.ts';
import { type ReviewDay, reviewDay } from '../support/review-day.ts';
import { caseRegion, foot, footSays, openCase, SOON, syncStatus } from '../support/window.ts';

const ITEMS = 80;
const DECIDED = 30;

type Made = { readonly itemId: string; readonly decision: Decision };

/** By turns, so that each key is used. */
const KEYS: readonly { readonly key: string; readonly decision: Decision }[] = [
  { key: 'r', decision: 'reject' },
  { key: 'a', decision: 'approve' },
  { key: 'e', decision: 'escalate' },
];

/** Presses the button of this index in the next dialog of the system; resolves with what it says. */
function answerTheSystem(app: LaunchedApp['app'], button: number): Promise<string | undefined> {
  return app.evaluate(
    ({ dialog }, response) =>
      new Promise<string | undefined>((resolve) => {
        dialog.showMessageBox = (...given: unknown[]) => {
          resolve((given.at(-1) as { readonly detail?: string }).detail);
          return Promise.resolve({ response, checkboxChecked: false });
        };
      }),
    button,
  );
}

/** What somebody else left in this data folder: a decision that was not sent. */
async function leaveCopy(home: string): Promise<void> {
  const folder = join(home, 'cache', '00112233445566aa');
  const cache = openCache({ folder, key: CACHE_KEY });
  pull(cache, [headOf(1)]);
  cache.decide(decisionOn(1));
  cache.close();
  await writeFile(join(folder, 'key'), JSON.stringify({ place: 'file', key: CACHE_KEY }));
  writeOwner(layoutOf(folder), { address: 'elsewhere:5432/review', login: 'ida', server: null });
}

describe('a working day with a flight in the middle', () => {
  let day: ReviewDay;
  let pool: Pool;
  let mira: Login;
  let ada: Login;
  let lena: Login;
  let launched: LaunchedApp;
  const made: Made[] = [];
  let others: readonly Made[] = [];
  let theirs: readonly string[] = [];

  /** Decisions of mine that have their effect, in Postgres. */
  const applied = async (): Promise<number> => {
    const { rows } = await pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM umpire.decisions_made
       WHERE actor = $1 AND decision <> 'undo' AND outcome ->> 'outcome' = 'applied'`,
      [mira.name],
    );
    return rows[0]?.n ?? -1;
  };

  beforeAll(async () => {
    day = await reviewDay(ITEMS);
    ({ pool } = day);
    mira = await day.logins.add('analyst', 'mira');
    ada = await day.logins.add('analyst', 'ada');
    lena = await day.logins.add('lead', 'lena');
    launched = await day.start(mira);
  });
  afterAll(async () => {
    await launched.close();
    await day.end();
  });

  it('starts on-line, keeps the queue whole, and says so', async () => {
    const { window } = launched;
    await openCase(window, null);
    await footSays(window, 'on-line · synced');
    await expect.poll(() => syncStatus(window), SOON).toMatchObject({ kept: { wanted: ITEMS, present: ITEMS } });
    await window.getByRole('group', { name: 'Decision' }).getByText('One person, several accounts').waitFor(SOON);
  });

  it('has the connection cut, says since when, and goes on: thirty cases are decided by key', async () => {
    const { window } = launched;
    day.proxy.shut();
    await footSays(window, 'off-line since');
    let open = await openCase(window, null);
    for (let n = 0; n < DECIDED; n += 1) {
      const { key, decision } = KEYS[n % KEYS.length] ?? { key: 'r', decision: 'reject' };
      await window.keyboard.press(key);
      made.push({ itemId: open, decision });
      open = await openCase(window, open);
    }
    await footSays(window, 'will be sent when on-line');
    await footSays(window, `${DECIDED} decisions waiting`);
    expect(new Set(made.map(({ itemId }) => itemId)).size).toBe(DECIDED);
    expect(await applied()).toBe(0);
  });

  it('has one undone before it was sent: it is withdrawn, and decided again', async () => {
    const { window } = launched;
    const last = made.at(-1);
    await window.keyboard.press('u');
    await window.getByRole('status').filter({ hasText: 'Withdrawn:' }).waitFor(SOON);
    await expect.poll(() => caseRegion(window).getAttribute('data-item-id'), SOON).toBe(last?.itemId);
    await footSays(window, `${DECIDED - 1} decisions waiting`);
    await openCase(window, null);
    await window.keyboard.press(KEYS.find(({ decision }) => decision === last?.decision)?.key ?? '');
    await footSays(window, `${DECIDED} decisions waiting`);
  });

  it('starts again off-line: straight into the queue, with all thirty in the outbox and none in the list', async () => {
    await launched.close();
    expect(launched.consoleErrors).toEqual([]);
    launched = await day.start(mira);
    const { window } = launched;
    await openCase(window, null);
    await footSays(window, `${DECIDED} decisions waiting`);
    const head = window.getByRole('region', { name: 'Queue of cases' });
    await head.getByText(`${ITEMS - DECIDED} cases`).waitFor(SOON);
    const rows = await window.getByRole('grid', { name: 'Queue' }).getByRole('row').all();
    const listed = await Promise.all(rows.map((row) => row.getAttribute('data-item-id')));
    expect(made.filter(({ itemId }) => listed.includes(itemId))).toEqual([]);

    await window.keyboard.press('g');
    await window.keyboard.press('s');
    const outbox = window.getByRole('grid', { name: 'Decisions' });
    await expect.poll(() => outbox.getAttribute('aria-rowcount'), SOON).toBe(String(DECIDED + 1));
    await window.getByRole('heading', { name: /^Off-line since/ }).waitFor(SOON);
    expect(await outbox.locator('[role=row][data-state=queued]').count()).toBeGreaterThan(10);
  });

  it('has a bulk session without a server: it is counted, put into the outbox, and taken back as a whole', async () => {
    const { window } = launched;
    await window.keyboard.press('g');
    await window.keyboard.press('q');
    await openCase(window, null);
    for (const key of ['x', 'Shift+J', 'Shift+J']) await window.keyboard.press(key);
    await window.getByRole('group', { name: 'Selection' }).getByText('3 selected').waitFor(SOON);
    await window.keyboard.press('b');
    await window.getByRole('heading', { name: 'New bulk session' }).waitFor(SOON);
    await window.keyboard.press('r');
    await window.keyboard.press('Control+Enter');
    await window.getByRole('button', { name: 'Put 3 decisions into the outbox' }).waitFor(SOON);
    await footSays(window, `${DECIDED} decisions waiting`);
    await window.keyboard.press('Control+Enter');
    await window.getByText('3 decisions wait in the outbox.').waitFor(SOON);
    await footSays(window, `${DECIDED + 3} decisions waiting`);
    await window.getByRole('button', { name: 'Take all back' }).click();
    await window.getByText('3 decisions withdrawn').waitFor(SOON);
    await footSays(window, `${DECIDED} decisions waiting`);
    expect(await syncStatus(window)).toMatchObject({ link: 'offline', waiting: DECIDED, troubled: 0 });
    await window.keyboard.press('g');
    await window.keyboard.press('s');
  });

  it('removes nothing that was not sent by what a page calls: the system asks the person, who keeps it', async () => {
    const { window, app } = launched;
    const asked = answerTheSystem(app, 0);
    expect(await window.evaluate(() => umpire.call('sync.wipe', { evenUndelivered: true }))).toEqual({
      ok: true,
      value: { removed: false },
    });
    expect(await asked).toBe(`This destroys what is nowhere else: ${DECIDED} decisions that no server has taken.`);
    const again = answerTheSystem(app, 0);
    await window.keyboard.press('Control+,');
    await window.getByRole('button', { name: 'Remove…' }).click();
    await window.getByRole('button', { name: `Remove it and lose ${DECIDED} decisions` }).click();
    await again;
    await window.getByRole('button', { name: 'Remove…' }).waitFor(SOON);
    expect(await syncStatus(window)).toMatchObject({ waiting: DECIDED });
    await window.keyboard.press('g');
    await window.keyboard.press('s');
  });

  it('is on-line again: what nobody else touched is applied, and three that another decided meanwhile come back', async () => {
    const rejected = made.filter(({ decision }) => decision === 'reject').slice(0, 3);
    theirs = rejected.map(() => uuidv7());
    others = rejected;
    const outcomes = await decide(
      ada.pool,
      rejected.map(({ itemId }, n) => ({
        decisionId: theirs[n] ?? '',
        itemId,
        decision: 'approve' as const,
        reason: 'household',
        note: 'I know them',
      })),
    );
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['applied', 'applied', 'applied']);

    const { window } = launched;
    await day.proxy.openAgain();
    await window.keyboard.press('Shift+S');
    await footSays(window, 'on-line · synced');
    await footSays(window, '0 waiting');
    await footSays(window, '3 need you');
    await expect.poll(applied, SOON).toBe(DECIDED - 3);
    const untouched = made.filter((one) => !others.includes(one));
    expect(await day.statuses(untouched.map(({ itemId }) => itemId))).toEqual(
      untouched.map(({ decision }) => STATUS_AFTER[decision]),
    );
    expect(await day.statuses(others.map(({ itemId }) => itemId))).toEqual(['approved', 'approved', 'approved']);
    await window.getByRole('button', { name: 'Shown: All' }).click();
    await window.getByRole('menuitem', { name: 'Need you' }).click();
  });

  const conflicts = (window: Page) => window.locator('[role=row][data-state=conflict]');
  async function openConflict(window: Page, itemId: string | undefined): Promise<void> {
    await window.locator(`[role=row][data-state=conflict][data-item-id="${itemId}"]`).click();
    await window.getByRole('region', { name: 'Theirs' }).getByText('Approved').waitFor(SOON);
  }

  it.each(['light', 'dark'] as const)(
    'shows theirs and mine without a barrier that the accessibility rules know, in %s',
    async (colorScheme) => {
      const { window } = launched;
      await expect.poll(() => conflicts(window).count(), SOON).toBe(3);
      await openConflict(window, others[0]?.itemId);
      await window.getByRole('region', { name: 'Mine' }).getByText('Reject', { exact: true }).waitFor();
      await window.getByRole('region', { name: 'Theirs' }).getByText('“I know them”').waitFor();
      await window.emulateMedia({ colorScheme });
      const found = await new AxeBuilder({ page: window }).setLegacyMode(true).analyze();
      expect(
        found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`),
      ).toEqual([]);
    },
  );

  it('settles the first by keeping theirs, and the next one comes', async () => {
    const { window } = launched;
    await openConflict(window, others[0]?.itemId);
    await window.keyboard.press('t');
    await window.getByRole('status').filter({ hasText: 'Left as it is' }).waitFor(SOON);
    await footSays(window, '2 need you');
    await expect.poll(() => conflicts(window).and(window.locator('[aria-selected=true]')).count(), SOON).toBe(1);
  });

  it('hands the second to a lead, with a note', async () => {
    const { window } = launched;
    await openConflict(window, others[1]?.itemId);
    await window.getByText('taking that back takes a lead', { exact: false }).waitFor(SOON);
    await window.keyboard.press('n');
    await window.keyboard.type('Same phone as the ring of last week');
    await window.keyboard.press('Escape');
    await window.keyboard.press('l');
    await window.getByRole('status').filter({ hasText: 'Handed to a lead' }).waitFor(SOON);
    await footSays(window, '1 needs you');
    const objections = async (): Promise<unknown[]> =>
      (await pool.query('SELECT item_id, decision, note FROM umpire.objections')).rows;
    await expect
      .poll(objections, SOON)
      .toEqual([{ item_id: others[1]?.itemId, decision: 'reject', note: 'Same phone as the ring of last week' }]);
  });

  it('decides the third again, once it is open again', async () => {
    const { window } = launched;
    await undo(ada.pool, [{ undoId: uuidv7(), decisionId: theirs[2] ?? '' }]);
    await window.locator(`[role=row][data-state=conflict][data-item-id="${others[2]?.itemId}"]`).click();
    const again = window.getByRole('group', { name: 'Settle' }).getByRole('button', { name: /^Reject/ });
    await again.waitFor(SOON);
    await window.keyboard.press('r');
    await window.getByRole('status').filter({ hasText: 'Rejected again' }).waitFor(SOON);
    await expect.poll(() => day.statuses([others[2]?.itemId ?? '']), SOON).toEqual(['rejected']);
  });

  it('has everything settled, in the window and in Postgres, each decision once', async () => {
    const { window } = launched;
    await expect.poll(() => syncStatus(window), SOON).toMatchObject({ link: 'online', waiting: 0, troubled: 0 });
    await expect.poll(() => foot(window).textContent(), SOON).not.toContain('need');
    expect(await applied()).toBe(DECIDED - 3 + 1);
    const { rows } = await pool.query<{ itemId: string; n: number }>(
      `SELECT item_id AS "itemId", count(*)::int AS n FROM umpire.decisions_made
       WHERE actor = $1 AND outcome ->> 'outcome' = 'applied' GROUP BY 1 HAVING count(*) > 1`,
      [mira.name],
    );
    expect(rows).toEqual([]);
    expect(await day.statuses(others.map(({ itemId }) => itemId))).toEqual(['approved', 'approved', 'rejected']);
    expect(await verify(pool)).toEqual([]);
  });

  it('says in the settings what is kept and how it is protected', async () => {
    const { window } = launched;
    await window.keyboard.press('Control+,');
    await window.getByRole('radiogroup', { name: 'Open cases kept whole' }).waitFor(SOON);
    await window.getByText('This computer has no keychain', { exact: false }).waitFor(SOON);
    await window.getByRole('button', { name: 'Remove…' }).click();
    await window.getByText('nothing is lost', { exact: false }).waitFor();
    await window.getByRole('button', { name: 'Keep it' }).click();
    const found = await new AxeBuilder({ page: window }).setLegacyMode(true).analyze();
    expect(found.violations.map(({ id }) => id)).toEqual([]);
  });

  it('had no error on its console', () => {
    expect(launched.consoleErrors).toEqual([]);
  });

  it('has a lead find what was handed over, and settle it; nothing of the analyst’s copy is the lead’s', async () => {
    await launched.close();
    await leaveCopy(day.home);
    launched = await day.start(lena);
    const { window, app } = launched;
    await openCase(window, null);
    await footSays(window, '0 waiting');
    await window.keyboard.press('Control+,');
    const others = window.getByRole('group', { name: 'Another copy on this computer' });
    await others.filter({ hasText: 'in which no decision waits' }).waitFor(SOON);
    const other = others.filter({ hasText: 'made as ida' });
    await other.getByText('1 decision made as ida on elsewhere:5432/review waits in another copy').waitFor(SOON);
    const barriers = await new AxeBuilder({ page: window }).setLegacyMode(true).analyze();
    expect(barriers.violations.map(({ id }) => id)).toEqual([]);
    const asked = answerTheSystem(app, 1);
    await other.getByRole('button', { name: 'Remove this copy…' }).click();
    expect(await asked).toContain('1 decision that no server has taken');
    await other.waitFor({ ...SOON, state: 'detached' });
    await foot(window)
      .getByRole('link', { name: /^on-line/ })
      .click();
    await window.getByText('What you decide goes through this list.', { exact: false }).waitFor(SOON);
    const line = window.getByRole('list', { name: 'Handed to leads' }).getByRole('listitem');
    await line.getByText('Same phone as the ring of last week', { exact: false }).waitFor(SOON);
    await line.getByText('is approved').waitFor();
    const found = await new AxeBuilder({ page: window }).setLegacyMode(true).analyze();
    expect(found.violations.map(({ id }) => id)).toEqual([]);
    await line.getByRole('button', { name: 'Settled' }).click();
    await window.getByText('Nothing waits for a lead.').waitFor(SOON);
    const { rows } = await pool.query('SELECT settled_by FROM umpire.objections');
    expect(rows).toEqual([{ settled_by: lena.name }]);
    expect(launched.consoleErrors).toEqual([]);
  });
});
