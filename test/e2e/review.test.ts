import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beside } from '../support/beside.ts';
import { type LaunchedApp, launchApp, temporaryHome } from '../support/electron.ts';
import { caseRegion, openCase, SOON } from '../support/window.ts';

/** Small, so that the first start is quick; large enough that its analysts left a queue of some cases. */
const DEMO = { UMPIRE_DEMO_REFERRALS: '2000' };

/** What Postgres says, asked beside the running program. */
async function ask<Row extends Record<string, unknown>>(
  home: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const db = await beside(home);
  try {
    return await db.rows<Row>(sql, values);
  } finally {
    await db.end();
  }
}

type Bonus = { status: string; credits: number; ledger: number | null };

function bonusesOf(home: string, itemId: string): Promise<Bonus[]> {
  return ask<Bonus>(
    home,
    `SELECT b.status, b.credits_final AS credits, t.amount AS ledger
     FROM referrals.review_queue AS q JOIN referrals.bonus_events AS b ON b.relationship_id = q.relationship_id
     LEFT JOIN credits.transactions AS t ON t.id = b.transaction_id
     WHERE q.id = $1 ORDER BY b.id`,
    [itemId],
  );
}

describe('an analyst on the first day', () => {
  let home: Awaited<ReturnType<typeof temporaryHome>>;
  let launched: LaunchedApp;

  beforeAll(async () => {
    home = await temporaryHome();
    launched = await launchApp({ home: home.home, env: DEMO });
  });
  afterAll(async () => {
    await launched.close();
    await home.remove();
  });

  it('reads the top case, approves it by key, rejects the next, and finds both decided after a restart', async () => {
    const { window } = launched;
    const queue = window.getByRole('grid', { name: 'Queue' });
    await queue.getByRole('row').first().waitFor({ timeout: 110_000 });
    await expect.poll(() => window.getByRole('contentinfo').textContent()).toContain('demo workspace');

    const first = await openCase(window, null);
    expect(await queue.getByRole('row', { selected: true }).getAttribute('data-item-id')).toBe(first);

    // The signals add up to the score, and each says what it is about.
    const score = Number(await caseRegion(window).getAttribute('data-score'));
    const signals = await caseRegion(window)
      .getByRole('list', { name: 'Signals' })
      .getByRole('listitem')
      .allTextContents();
    const points = signals.map((text) => Number(/^\+(\d+)/.exec(text)?.[1]));
    expect(points.reduce((sum, value) => sum + value, 0)).toBe(score);
    expect(signals.filter((text) => text.length < 20)).toEqual([]);

    // The graph, and the same as a list.
    await caseRegion(window)
      .getByRole('img', { name: /fingerprint graph/i })
      .waitFor();
    await window.getByRole('button', { name: 'List' }).click();
    await caseRegion(window)
      .getByRole('group', { name: /as a list/ })
      .waitFor();

    const held = await bonusesOf(home.home, first);
    expect(new Set(held.map(({ status }) => status))).toEqual(new Set(['held']));

    await window.keyboard.press('a');
    await window
      .getByRole('status')
      .filter({ hasText: /^Approved/ })
      .waitFor();
    // It is in the outbox when the screen says so, and in Postgres a moment later.
    await expect
      .poll(() => bonusesOf(home.home, first), SOON)
      .toEqual(held.map(({ credits }) => ({ status: 'paid', credits, ledger: credits })));

    // Undone by key, the case is open again and its money held; decided anew, it is paid anew.
    await window.keyboard.press('u');
    await window
      .getByRole('status')
      .filter({ hasText: /^Undone: approved/ })
      .waitFor();
    await expect.poll(async () => caseRegion(window).getAttribute('data-item-id'), SOON).toBe(first);
    expect(await bonusesOf(home.home, first)).toEqual(
      held.map(({ credits }) => ({ status: 'held', credits, ledger: expect.anything() as unknown })),
    );
    await caseRegion(window).getByRole('list', { name: 'Decisions so far' }).getByText('undone').waitFor();
    await window.keyboard.press('a');
    await window
      .getByRole('status')
      .filter({ hasText: /^Approved/ })
      .waitFor();
    await expect
      .poll(async () => (await bonusesOf(home.home, first)).map(({ status }) => status), SOON)
      .toEqual(held.map(() => 'paid'));

    const second = await openCase(window, first);
    await queue.getByRole('row', { selected: true }).focus();
    await window.keyboard.press('r');
    await window
      .getByRole('status')
      .filter({ hasText: /^Rejected/ })
      .waitFor();
    await expect
      .poll(async () => new Set((await bonusesOf(home.home, second)).map(({ status }) => status)), SOON)
      .toEqual(new Set(['rejected']));
    const next = await openCase(window, second);
    // The row that had the focus is gone, and the next one has it: the arrows work on.
    expect(await window.evaluate(() => document.activeElement?.getAttribute('data-item-id'))).toBe(next);
    await window.keyboard.press('ArrowDown');
    await openCase(window, next);
    await window.keyboard.press('ArrowUp');
    await expect.poll(async () => caseRegion(window).getAttribute('data-item-id'), SOON).toBe(next);

    await launched.close();
    launched = await launchApp({ home: home.home, env: DEMO });
    const third = await openCase(launched.window, null);
    expect([first, second]).not.toContain(third);
    const rows = launched.window.getByRole('grid', { name: 'Queue' }).getByRole('row');
    const waiting = await rows.evaluateAll((all) => all.map((row) => row.getAttribute('data-item-id')));
    expect(waiting).not.toContain(first);
    expect(waiting).not.toContain(second);
    const decided = await ask<{ id: string; status: string }>(
      home.home,
      'SELECT id, status FROM referrals.review_queue WHERE id = ANY ($1::uuid[]) ORDER BY status',
      [[first, second]],
    );
    expect(decided).toEqual([
      { id: first, status: 'approved' },
      { id: second, status: 'rejected' },
    ]);
  });

  it('claims the case it opens, says who has another, takes it over, and finds the next that nobody has', async () => {
    const { window } = launched;
    const rows = window.getByRole('grid', { name: 'Queue' }).getByRole('row');
    const [mine = '', theirs = '', free = ''] = await rows.evaluateAll((all) =>
      all.map((row) => row.getAttribute('data-item-id') ?? ''),
    );
    const holder = async (itemId: string): Promise<string | undefined> =>
      (
        await ask<{ analyst: string }>(
          home.home,
          'SELECT analyst FROM umpire.claims WHERE item_id = $1 AND expires_at > now()',
          [itemId],
        )
      )[0]?.analyst;
    const [me] = await ask<{ login: string }>(home.home, 'SELECT session_user AS login');
    await expect.poll(() => holder(mine), SOON).toBe(me?.login);

    // Another analyst, elsewhere.
    await ask(
      home.home,
      `INSERT INTO umpire.claims (item_id, analyst, claimed_at, expires_at) VALUES ($1, 'mira.rossi', now(), now() + interval '5 min')`,
      [theirs],
    );
    await rows.nth(1).getByTitle('mira.rossi is on it').waitFor();
    await window.keyboard.press('Shift+N');
    await expect.poll(async () => caseRegion(window).getAttribute('data-item-id'), SOON).toBe(free);
    await expect.poll(() => holder(free), SOON).toBe(me?.login);
    await expect.poll(() => holder(mine), SOON).toBeUndefined();

    await window.keyboard.press('k');
    await caseRegion(window).getByText('mira.rossi is on it until').waitFor();
    await window.keyboard.press('Shift+T');
    await window.getByRole('status').filter({ hasText: 'Taken over from mira.rossi' }).waitFor();
    await caseRegion(window).getByText('mira.rossi is on it until').waitFor({ state: 'detached' });
    expect(await holder(theirs)).toBe(me?.login);
    const taken = await ask(home.home, "SELECT kind FROM umpire.audit_log WHERE kind = 'claim_taken_over'");
    expect(taken).toHaveLength(1);
  });

  it('waits for a second analyst where one is needed, and withdraws what waits', async () => {
    const { window } = launched;
    await ask(home.home, 'UPDATE umpire.review_settings SET second_review_share = 1');
    const before = await caseRegion(window).getAttribute('data-item-id');
    await window.keyboard.press('j');
    const itemId = await openCase(window, before);
    await caseRegion(window).getByText('A second analyst will confirm').waitFor();
    const held = await bonusesOf(home.home, itemId);
    await window.keyboard.press('r');
    await window.getByRole('status').filter({ hasText: 'waits for a second analyst' }).waitFor();
    const status = 'SELECT status FROM referrals.review_queue WHERE id = $1';
    expect(await ask(home.home, status, [itemId])).toEqual([{ status: 'pending' }]);
    await openCase(window, itemId);
    await window.keyboard.press('u');
    await window
      .getByRole('status')
      .filter({ hasText: /^Withdrawn: rejection of/ })
      .waitFor();
    await expect.poll(async () => caseRegion(window).getAttribute('data-item-id'), SOON).toBe(itemId);
    expect(await bonusesOf(home.home, itemId)).toEqual(held);
    await ask(home.home, 'UPDATE umpire.review_settings SET second_review_share = 0');
  });

  it('opens the case of an address, goes back to the one before, and leaves no step behind for each case gone on from', async () => {
    const { window } = launched;
    const isOpen = (itemId: string | undefined): Promise<void> =>
      expect.poll(async () => caseRegion(window).getAttribute('data-item-id'), SOON).toBe(itemId);
    const ids = await window
      .getByRole('grid', { name: 'Queue' })
      .getByRole('row')
      .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-item-id') ?? ''));
    const before = await openCase(window, null);
    expect(ids.indexOf(before)).toBeLessThan(4);
    await window.evaluate((itemId) => location.assign(`#/queue/${itemId}`), ids[4]);
    await isOpen(ids[4]);
    await window.keyboard.press('j');
    await isOpen(ids[5]);
    expect(await window.evaluate(() => location.hash)).toBe(`#/queue/${ids[5]}`);
    await window.evaluate(() => location.assign('#/settings'));
    await window.getByRole('heading', { name: 'Settings', exact: true }).waitFor();
    await window.goBack();
    await isOpen(ids[5]);
    await window.goBack();
    await isOpen(before);
  });

  it('saves the evidence of the open case, and says in words where it could not', async () => {
    const { app, window } = launched;
    const answer = (filePath: string): Promise<void> =>
      app.evaluate(({ dialog }, filePath) => {
        dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath });
      }, filePath);
    const itemId = (await caseRegion(window).getAttribute('data-item-id')) ?? '';
    await answer(join(home.home, 'evidence.html'));
    await window.keyboard.press('Control+s');
    await window.getByRole('status').filter({ hasText: 'Evidence saved' }).waitFor();
    const page = await readFile(join(home.home, 'evidence.html'), 'utf8');
    expect(page).toMatch(/^<!doctype html>/i);
    expect(page).toContain(itemId);

    await answer(join(home.home, 'no such folder', 'evidence.html'));
    await window.keyboard.press('Control+s');
    await window
      .getByRole('status')
      .filter({ hasText: 'Evidence not saved: evidence.html was not written: the folder is not there any more.' })
      .waitFor();
  });

  it.each(['light', 'dark'] as const)(
    'has no barrier that the accessibility rules know, in %s',
    async (colorScheme) => {
      await launched.window.emulateMedia({ colorScheme });
      // Electron opens no second page for the analysis, so it runs in this one.
      const found = await new AxeBuilder({ page: launched.window }).setLegacyMode(true).analyze();
      expect(
        found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`),
      ).toEqual([]);
    },
  );

  it('had no error on its console', () => {
    expect(launched.consoleErrors).toEqual([]);
  });
});
