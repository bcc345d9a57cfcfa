import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verify } from '../../core/programme/verify.ts';
import { beside, type Beside } from '../support/beside.ts';
import { type LaunchedApp, launchApp, temporaryHome } from '../support/electron.ts';
import { importRingOvernight } from '../support/ring-overnight.ts';

const DEMO = { UMPIRE_DEMO_REFERRALS: '1000', UMPIRE_HASH_KEY: '' };
/** Ten cases each: three batches, so that a run can be paused between two. */
const REFERRERS = 205;
const CUT_OFF = 80;
/** A small machine, and a thousand referrals to make up first. */
const SLOW = { timeout: 110_000 };

/** Once the queue says that it has so many. */
function casesShown(window: Page, count: number): Promise<void> {
  const head = window.getByRole('region', { name: 'Queue of cases' });
  return head.getByText(`${count.toLocaleString('en-GB')} cases`).waitFor(SLOW);
}

/** Everything that a decision on these items can touch, but for what only ever grows: ledger, log and versions. */
const TOUCHED = `
  SELECT q.id, q.status, q.assigned_to, q.notes, q.reviewed_at, r.is_flagged,
    (SELECT jsonb_agg(jsonb_build_array(b.id, b.status, b.hold_reason, b.hold_until, b.credits_final) ORDER BY b.id)
     FROM referrals.bonus_events AS b WHERE b.relationship_id = r.id) AS bonuses,
    (SELECT jsonb_agg(jsonb_build_array(c.user_id, c.balance, c.free_credits_remaining) ORDER BY c.user_id)
     FROM credits.balances AS c WHERE c.user_id IN (r.referrer_id, r.referee_id) AND (c.balance <> 0 OR c.free_credits_remaining <> 0)) AS balances,
    (SELECT jsonb_build_array(t.tier, t.qualified_count, t.total_earned) FROM referrals.user_tiers AS t WHERE t.user_id = r.referrer_id) AS tier
  FROM referrals.review_queue AS q JOIN referrals.relationships AS r ON r.id = q.relationship_id
  WHERE q.id = ANY ($1::uuid[]) ORDER BY q.id`;

describe('a bulk session of more than two thousand cases, in the real window', () => {
  let home: Awaited<ReturnType<typeof temporaryHome>>;
  let launched: LaunchedApp;
  let db: Beside;
  let items: string[];
  let before: Record<string, unknown>[];

  const chosen = async (): Promise<string[]> => {
    const found = await db.rows<{ id: string }>(
      "SELECT id FROM referrals.review_queue WHERE status = 'pending' AND fraud_score >= $1 ORDER BY id",
      [CUT_OFF],
    );
    return found.map(({ id }) => id);
  };
  const sessionState = async (): Promise<string | undefined> =>
    (await db.rows<{ state: string }>('SELECT state FROM umpire.bulk_sessions ORDER BY created_at DESC LIMIT 1'))[0]
      ?.state;

  beforeAll(async () => {
    home = await temporaryHome();
    launched = await launchApp({ home: home.home, env: DEMO });
    await launched.window.getByRole('grid', { name: 'Queue' }).getByRole('row').first().waitFor(SLOW);
    db = await beside(home.home);
    await importRingOvernight(db.pool, home.home, REFERRERS);
    items = await chosen();
    before = await db.rows(TOUCHED, [items]);
  }, 240_000);
  afterAll(async () => {
    await db.end();
    await launched.close();
    await home.remove();
  });

  it('selects all that match a score cut-off and shows what approving them would do', async () => {
    const { window } = launched;
    expect(items.length).toBeGreaterThan(2000);
    const count = items.length.toLocaleString('en-GB');

    const cutOff = window.getByRole('textbox', { name: 'Score from' });
    await cutOff.fill(String(CUT_OFF));
    await cutOff.press('Enter');
    await casesShown(window, items.length);
    await window.keyboard.press('Control+a');
    await window.getByRole('group', { name: 'Selection' }).getByText(`all ${count} selected`).waitFor();

    await window.keyboard.press('b');
    await window.getByRole('heading', { name: 'New bulk session' }).waitFor();
    await window.keyboard.press('a');
    await window.keyboard.press('1');
    // Held from here on: the preview comes, and however long the key is down, nothing runs.
    await window.keyboard.down('Control');
    await window.keyboard.down('Enter');
    await window.getByRole('heading', { name: `Approve ${count} cases` }).waitFor(SLOW);
    await window.getByRole('button', { name: `Approve ${count} cases` }).waitFor(SLOW);
    for (let held = 0; held < 20; held += 1) await window.keyboard.down('Enter');
    await window.keyboard.up('Enter');
    await window.keyboard.up('Control');
    expect(await sessionState()).toBe('ready');

    const [held] = await db.rows<{ credits: string; referrers: string }>(
      `SELECT sum(b.credits_final) AS credits, count(DISTINCT r.referrer_id) AS referrers
       FROM referrals.review_queue AS q JOIN referrals.relationships AS r ON r.id = q.relationship_id
       JOIN referrals.bonus_events AS b ON b.relationship_id = r.id AND b.status = 'held' AND b.hold_reason LIKE 'fraud%'
       WHERE q.id = ANY ($1::uuid[])`,
      [items],
    );
    const preview = window.getByRole('group', { name: 'Preview' });
    const figures = await preview.locator('dl').first().innerText();
    const told = (name: string): number =>
      Number(new RegExp(`([\\d,]+)\\s+${name}`).exec(figures)?.[1]?.replaceAll(',', ''));
    expect({ decided: told('will be decided'), paid: told('credits paid'), referrers: told('referrers') }).toEqual({
      decided: items.length,
      paid: Number(held?.credits),
      referrers: Number(held?.referrers),
    });
    expect(await db.rows(TOUCHED, [items])).toEqual(before);
  });

  it('runs it with progress, pauses, goes on, and every case is approved and paid once', async () => {
    const { window } = launched;
    // Somebody else holds on to a case in the middle: the run comes as far as the batch with that.
    const other = await db.pool.connect();
    await other.query('BEGIN');
    await other.query(
      `SELECT FROM umpire.items WHERE item_id = (SELECT item_id FROM umpire.bulk_items ORDER BY position OFFSET $1 LIMIT 1) FOR UPDATE`,
      [Math.floor(items.length / 2)],
    );
    await window.keyboard.press('Control+Enter');
    const bar = window.getByRole('progressbar', { name: 'Deciding' });
    await expect.poll(async () => Number(await bar.getAttribute('value')), SLOW).toBeGreaterThan(0);
    await window.keyboard.press('p');
    // It waits for the batch at hand, as it says.
    const waiting = "SELECT FROM pg_stat_activity WHERE query LIKE '%umpire.pause_bulk%' AND wait_event_type = 'Lock'";
    await expect.poll(async () => (await db.rows(waiting)).length, SLOW).toBe(1);
    await other.query('COMMIT');
    other.release();
    await window.getByRole('progressbar', { name: 'Paused after' }).waitFor(SLOW);
    expect(await sessionState()).toBe('paused');
    expect((await chosen()).length).toBeGreaterThan(0);

    await window.keyboard.press('Control+Enter');
    await window.getByRole('status').filter({ hasText: 'Bulk session done' }).waitFor(SLOW);

    expect(await sessionState()).toBe('done');
    const effects = await db.rows(
      `SELECT q.status, b.status AS bonus, count(*)::int > 0 AS some, bool_and(t.movements = 1) AS once
       FROM referrals.review_queue AS q JOIN referrals.bonus_events AS b ON b.relationship_id = q.relationship_id
       LEFT JOIN (SELECT split_part(idempotency_key, ':', 2) AS bonus, count(*) AS movements FROM credits.transactions
                  WHERE idempotency_key LIKE 'bonus:%' GROUP BY 1) AS t ON t.bonus = b.id::text
       WHERE q.id = ANY ($1::uuid[]) GROUP BY 1, 2`,
      [items],
    );
    expect(effects).toEqual([{ status: 'approved', bonus: 'paid', some: true, once: true }]);
    expect(await verify(db.pool)).toEqual([]);
  });

  it('saves a report with a line for each case, for this user alone', async () => {
    const { window, app } = launched;
    const file = join(home.home, 'report.csv');
    await app.evaluate(({ dialog }, filePath) => {
      dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath });
    }, file);
    await window.keyboard.press('Control+s');
    await window.getByRole('status').filter({ hasText: 'Report saved' }).waitFor();

    const [titles, ...lines] = (await readFile(file, 'utf8')).trimEnd().split('\r\n');
    const column = (name: string): number => (titles ?? '').split(',').indexOf(name);
    const reported = lines
      .map((line) => line.split(','))
      .map((cells) => ({
        id: cells[column('item')] ?? '',
        outcome: cells[column('outcome')],
        paid: Number(cells[column('paid')]),
      }))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const paid = await db.rows<{ id: string; paid: number }>(
      `SELECT q.id, sum(b.credits_final)::int AS paid FROM referrals.review_queue AS q
       JOIN referrals.bonus_events AS b ON b.relationship_id = q.relationship_id AND b.status = 'paid'
       WHERE q.id = ANY ($1::uuid[]) GROUP BY q.id ORDER BY q.id`,
      [items],
    );
    expect(reported).toEqual(paid.map(({ id, paid }) => ({ id, outcome: 'applied', paid })));
    const mode = (await stat(file)).mode & 0o777;
    expect(mode).toBe(process.platform === 'win32' ? mode : 0o600);
  });

  it('leaves alone a file that the person decided not to write', async () => {
    const { window, app } = launched;
    const file = join(home.home, 'report.csv');
    const was = await readFile(file, 'utf8');
    const asked = app.evaluate(
      ({ dialog }) =>
        new Promise<string | undefined>((resolve) => {
          dialog.showSaveDialog = (...given: unknown[]) => {
            const options = given.at(-1) as { readonly defaultPath?: string };
            resolve(options.defaultPath);
            return Promise.resolve({ canceled: true, filePath: '' });
          };
        }),
    );
    await window.keyboard.press('Control+s');
    expect(await asked).toMatch(/umpire-bulk-.*\.csv$/);
    expect(await readFile(file, 'utf8')).toBe(was);
  });

  it.each(['light', 'dark'] as const)(
    'has no barrier that the accessibility rules know, in %s',
    async (colorScheme) => {
      await launched.window.emulateMedia({ colorScheme });
      const found = await new AxeBuilder({ page: launched.window }).setLegacyMode(true).analyze();
      expect(
        found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`),
      ).toEqual([]);
    },
  );

  it('takes all of it back, and everything is as it was', async () => {
    const { window } = launched;
    await window.getByRole('button', { name: /^Undo all/ }).click();
    await window.getByRole('status').filter({ hasText: 'Bulk session undone' }).waitFor(SLOW);
    expect(await sessionState()).toBe('undone');
    expect(await db.rows(TOUCHED, [items])).toEqual(before);
    expect(await verify(db.pool)).toEqual([]);
  });

  it('finds the cases in the queue again', async () => {
    const { window } = launched;
    await window.keyboard.press('g');
    await window.keyboard.press('q');
    await casesShown(window, items.length);
    expect(await chosen()).toEqual(items);
  });

  it('had no error on its console', () => {
    expect(launched.consoleErrors).toEqual([]);
  });
});
