import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verify } from '../../core/programme/verify.ts';
import { decide } from '../../core/review/decide.ts';
import { serverOf } from '../../core/sync/postgres/server.ts';
import type { LaunchedApp } from '../support/electron.ts';
import type { Login } from '../support/logins.ts';
import { type ReviewDay, reviewDay } from '../support/review-day.ts';
import { barriers, caseRegion, openCase, SOON } from '../support/window.ts';

describe('what an analyst handed to a lead', () => {
  let day: ReviewDay;
  let lena: Login;
  let launched: LaunchedApp;
  let itemId: string;

  /** Ada approves a case, and mira, who would have rejected it, hands it over. */
  beforeAll(async () => {
    day = await reviewDay(40);
    const mira = await day.logins.add('analyst', 'mira');
    const ada = await day.logins.add('analyst', 'ada');
    lena = await day.logins.add('lead', 'lena');
    const { rows } = await day.pool.query<{ id: string }>('SELECT id FROM referrals.review_queue ORDER BY id LIMIT 1');
    itemId = rows[0]?.id ?? '';
    await decide(ada.pool, [{ decisionId: randomUUID(), itemId, decision: 'approve', reason: 'household' }]);
    const server = serverOf(mira.pool);
    await server.hello();
    await server.push([
      {
        kind: 'object',
        id: randomUUID(),
        itemId,
        decision: 'reject',
        reason: 'account_farm',
        note: 'Same phone as the ring of last week',
      },
    ]);
    launched = await day.start(lena);
  });
  afterAll(async () => {
    await launched.close();
    await day.end();
  });

  it('is found by the lead, who opens the case, reverses what stands and decides it anew', async () => {
    const { window } = launched;
    await openCase(window, null);
    await window.keyboard.press('g');
    await window.keyboard.press('s');
    const line = window.getByRole('list', { name: 'Handed to leads' }).getByRole('listitem');
    await line.getByText('Same phone as the ring of last week', { exact: false }).waitFor(SOON);
    await line.getByText('is approved').waitFor(SOON);
    await line.getByRole('link', { name: 'Open the case' }).click();
    await expect.poll(() => caseRegion(window).getAttribute('data-item-id'), SOON).toBe(itemId);
    const bar = window.getByRole('group', { name: 'Decision' });
    await bar.getByText(/^Approved by ada/).waitFor(SOON);
    expect(await barriers(window)).toEqual([]);
    await bar.getByRole('button', { name: 'Reverse', exact: true }).click();
    await window
      .getByRole('status')
      .filter({ hasText: /^Reversed: approved/ })
      .waitFor(SOON);
    await expect.poll(() => day.statuses([itemId]), SOON).toEqual(['pending']);
    await bar.getByRole('button', { name: /^Reject/ }).waitFor(SOON);
    await openCase(window, null);
    await window.keyboard.press('r');
    await expect.poll(() => day.statuses([itemId]), SOON).toEqual(['rejected']);
  });

  it('says what stands now, and goes from the list once the lead has settled it', async () => {
    const { window } = launched;
    await window.keyboard.press('g');
    await window.keyboard.press('s');
    const line = window.getByRole('list', { name: 'Handed to leads' }).getByRole('listitem');
    await line.getByText('is rejected').waitFor(SOON);
    await line.getByRole('button', { name: 'Settled' }).click();
    await window.getByText('Nothing waits for a lead.').waitFor(SOON);
    const { rows } = await day.pool.query('SELECT item_id, settled_by FROM umpire.objections');
    expect(rows).toEqual([{ item_id: itemId, settled_by: lena.name }]);
    expect(await verify(day.pool)).toEqual([]);
    expect(launched.consoleErrors).toEqual([]);
  });
});
