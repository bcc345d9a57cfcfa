import { afterEach, beforeEach, expect, test } from 'vitest';
import { queueFilter } from '../../core/contract/queue.ts';
import { connect, type Pool } from '../../core/postgres/connection.ts';
import { claimItem, claimNext, readClaim, releaseClaim } from '../../core/review/claims.ts';
import { queuePage } from '../../core/review/queue.ts';
import { analysts, type Analysts } from '../support/analysts.ts';
import { demoDatabase } from '../support/demo-database.ts';
import type { MigratedDatabase } from '../support/migrated.ts';

const NOW = new Date('2026-10-01T12:00:00Z');
const ALL = queueFilter.parse({});

let db: MigratedDatabase;
let team: Analysts;
let mira: Pool;
let noor: Pool;

beforeEach(async () => {
  db = await demoDatabase(1200, NOW);
  team = await analysts(db);
  [mira, noor] = [await team.login('mira'), await team.login('noor')];
});
afterEach(async () => {
  await team.end();
  await db.end();
});

async function first(): Promise<string> {
  const { rows } = await queuePage(mira, { filter: ALL, offset: 0, limit: 1 }, NOW);
  const [row] = rows;
  if (row === undefined) throw new Error('the queue is empty');
  return row.itemId;
}

/** As if so much time had gone by since the claim was made or renewed. */
async function pass(minutes: number): Promise<void> {
  await db.pool.query(
    `UPDATE umpire.claims SET claimed_at = claimed_at - make_interval(mins => $1), expires_at = expires_at - make_interval(mins => $1)`,
    [minutes],
  );
}

test('whoever opens an item has it until its lease ends, and everybody sees who', async () => {
  const item = await first();
  const claim = await claimItem(mira, item, false);
  expect(claim).toMatchObject({ itemId: item, by: team.name('mira'), isMine: true });
  expect(Date.parse(claim?.until ?? '') - Date.now()).toBeGreaterThan(4 * 60_000);
  expect(await claimItem(noor, item, false)).toMatchObject({ by: team.name('mira'), isMine: false });
  expect(await readClaim(noor, item)).toMatchObject({ by: team.name('mira'), isMine: false });
  expect(await readClaim(mira, item)).toMatchObject({ isMine: true });
  const page = await queuePage(noor, { filter: ALL, offset: 0, limit: 1 }, NOW);
  expect(page.rows[0]).toMatchObject({ itemId: item, claimedBy: team.name('mira') });

  await pass(4);
  expect(await claimItem(noor, item, false)).toMatchObject({ isMine: false });
  // Renewed, it holds for another five minutes from now.
  const renewed = await claimItem(mira, item, false);
  expect(Date.parse(renewed?.until ?? '')).toBeGreaterThanOrEqual(Date.parse(claim?.until ?? ''));
  await pass(5);
  expect(await readClaim(noor, item)).toBeNull();
  expect(await claimItem(noor, item, false)).toMatchObject({ by: team.name('noor'), isMine: true });
});

test('a released item is free at once; nobody releases what another has', async () => {
  const item = await first();
  await claimItem(mira, item, false);
  await releaseClaim(noor, item);
  expect(await claimItem(noor, item, false)).toMatchObject({ isMine: false });
  await releaseClaim(mira, item);
  expect(await claimItem(noor, item, false)).toMatchObject({ isMine: true });
});

test('taking an item over is audited with both names', async () => {
  const item = await first();
  await claimItem(mira, item, false);
  expect(await claimItem(noor, item, true)).toMatchObject({ by: team.name('noor'), isMine: true });
  expect(await claimItem(mira, item, false)).toMatchObject({ isMine: false });
  // One's own, or nobody's, is not taken from anybody.
  await claimItem(noor, item, true);
  const { rows } = await db.pool.query<{ actor: string; details: unknown }>(
    `SELECT actor, details FROM umpire.audit_log WHERE kind = 'claim_taken_over'`,
  );
  expect(rows).toEqual([{ actor: team.name('noor'), details: { itemId: item, from: team.name('mira') } }]);
});

test('only what one can decide is claimed: not decided items, and escalated ones by leads alone', async () => {
  const item = await first();
  const set = (status: string): Promise<unknown> =>
    db.pool.query(`UPDATE referrals.review_queue SET status = $2 WHERE id = $1`, [item, status]);
  const lead = await team.login('lena', 'lead');
  await set('approved');
  expect(await claimItem(mira, item, false)).toBeNull();
  await set('escalated');
  expect(await claimItem(mira, item, false)).toBeNull();
  expect(await claimNext(mira, queueFilter.parse({ statuses: ['escalated'] }), NOW)).toBeNull();
  expect(await claimItem(lead, item, false)).toMatchObject({ isMine: true });
  expect(await claimNext(mira, queueFilter.parse({ statuses: ['approved'] }), NOW)).toBeNull();
  const viewer = await team.login('vera', 'viewer');
  await expect(claimItem(viewer, item, false)).rejects.toMatchObject({ code: '42501' });
});

test('the next unclaimed is the first of filter and order that nobody else has', async () => {
  const page = await queuePage(mira, { filter: ALL, offset: 0, limit: 3 }, NOW);
  const [a, b, c] = page.rows.map((row) => row.itemId);
  if (a === undefined || b === undefined || c === undefined) throw new Error('too few items');
  await claimItem(noor, a, false);
  expect(await claimNext(mira, ALL, NOW)).toMatchObject({ itemId: b, isMine: true });
  expect(await claimNext(noor, ALL, NOW)).toMatchObject({ itemId: a, isMine: true });
  const rest = await queuePage(mira, { filter: { ...ALL, unclaimed: true }, offset: 0, limit: 2 }, NOW);
  expect(rest.rows.map((row) => row.itemId)).toEqual([b, c]);
  const high = Math.max(...page.rows.map((row) => row.score));
  const scored = await queuePage(mira, { filter: { ...ALL, scoreFrom: high }, offset: 0, limit: 500 }, NOW);
  expect(scored.rows.length).toBeGreaterThan(0);
  expect(scored.rows.every((row) => row.score >= high)).toBe(true);
});

test('eight analysts who ask for the next at once never get the same case, and each item is got once', async () => {
  const waiting = (await queuePage(mira, { filter: ALL, offset: 0, limit: 1 }, NOW)).total;
  const got: string[] = [];
  const work = async (name: string): Promise<void> => {
    const own = await team.login(name);
    for (;;) {
      const claim = await claimNext(own, ALL, NOW);
      if (claim === null) return;
      got.push(claim.itemId);
      // Done with it, and out of the queue, as a decision would do.
      await db.pool.query(`UPDATE referrals.review_queue SET status = 'approved' WHERE id = $1`, [claim.itemId]);
      await db.pool.query('DELETE FROM umpire.claims WHERE item_id = $1 AND analyst = $2', [claim.itemId, claim.by]);
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, index) => work(`a${index}`)));
  expect(waiting).toBeGreaterThan(50);
  expect(got).toHaveLength(waiting);
  expect(new Set(got).size).toBe(waiting);
});

test('claims that ended long ago are cleared away by whoever comes next', async () => {
  const page = await queuePage(mira, { filter: ALL, offset: 0, limit: 4 }, NOW);
  for (const { itemId } of page.rows.slice(0, 3)) await claimItem(mira, itemId, false);
  await pass(90);
  await claimItem(noor, page.rows[3]?.itemId ?? '', false);
  const { rows } = await db.pool.query<{ n: number }>('SELECT count(*)::int AS n FROM umpire.claims');
  expect(rows).toEqual([{ n: 1 }]);
});

test('the connection of another pool does not matter: the claim is the login’s', async () => {
  const item = await first();
  await claimItem(mira, item, false);
  const second = connect(team.url('mira'), 'umpire test');
  try {
    expect(await claimItem(second, item, false)).toMatchObject({ isMine: true });
  } finally {
    await second.end();
  }
});
