import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { markAllDirty, score } from '../../core/engine/score.ts';
import { type Bundle, readBundle } from '../../core/review/bundle.ts';
import { bundlePage } from '../../core/review/bundle-page.ts';
import { decide } from '../../core/review/decide.ts';
import { changeSettings } from '../../core/review/settings.ts';
import { undo } from '../../core/review/undo.ts';
import { type Login, type Logins, loginsOf } from '../support/logins.ts';
import { type MigratedDatabase, migratedDatabase } from '../support/migrated.ts';
import { runUmpire } from '../support/scenario-command.ts';
import { tellDemo } from '../support/story.ts';

const NOW = new Date('2026-03-01T20:00:00Z');
const HOSTILE = `</script><script>alert('x')</script><img src=x onerror="alert(1)">`;

let db: MigratedDatabase;
let logins: Logins;
let analyst: Login;
let other: Login;
let lead: Login;
let items: string[];
beforeAll(async () => {
  db = await migratedDatabase();
  await tellDemo(db.pool, 200, NOW);
  logins = loginsOf(db.database, db.pool);
  analyst = await logins.add('analyst');
  other = await logins.add('analyst', 'other');
  lead = await logins.add('lead');
  const { rows } = await db.pool.query<{ id: string }>(
    `SELECT q.id FROM referrals.review_queue AS q LEFT JOIN umpire.evidence AS e ON e.relationship_id = q.relationship_id AND e.signal = 'same_device'
     WHERE q.status = 'pending' ORDER BY e.signal, q.id LIMIT 3`,
  );
  items = rows.map(({ id }) => id);
});
afterAll(async () => {
  await logins.end();
  await db.end();
});

async function bundleOf(login: Login, itemId: string): Promise<Bundle> {
  const bundle = await readBundle(login.pool, itemId, NOW);
  if (bundle === null) throw new Error('no bundle');
  return bundle;
}

/** The data that the page carries. */
function dataOf(page: string): unknown {
  const found = /<script type="application\/json" id="bundle">(.*)<\/script>/s.exec(page);
  return JSON.parse(found?.[1] ?? 'null');
}

test('says what was known when it was decided, by which rules, and what became of it, whatever came later', async () => {
  const [itemId = ''] = items;
  const before = await bundleOf(analyst, itemId);
  expect(before.record).toEqual([]);
  const decisionId = randomUUID();
  await decide(analyst.pool, [{ decisionId, itemId, decision: 'reject', reason: 'account_farm', note: HOSTILE }]);
  const undoId = randomUUID();
  await undo(lead.pool, [{ undoId, decisionId, note: 'They are a family.' }]);

  // Later: other rules, other points, a person with a name of their own making.
  await db.pool.query(
    `INSERT INTO umpire.rule_sets (version, points, thresholds, note) SELECT 2, points || '{"same_device": 77}', thresholds, 'Devices weigh more' FROM umpire.rule_sets`,
  );
  await markAllDirty(db.pool);
  await score(db.pool, { now: NOW });
  await db.pool.query('UPDATE auth.users SET name = $1 WHERE id = $2', [HOSTILE, before.case.referrer.userId]);

  const bundle = await bundleOf(analyst, itemId);
  expect(bundle.case.ruleSetVersion).toBe(2);
  expect(bundle.ruleSets.map(({ version, points }) => [version, points['same_device']])).toEqual([
    [1, 50],
    [2, 77],
  ]);
  const [decision, taken] = bundle.record;
  expect(bundle.record).toHaveLength(2);
  expect(decision).toMatchObject({
    decisionId,
    actor: analyst.name,
    decision: 'reject',
    reasonLabel: 'Account or device farm',
    note: HOSTILE,
    outcome: 'applied',
    undoneBy: undoId,
    ruleSetVersion: 1,
    score: before.case.score,
  });
  expect(decision?.signals?.map(({ name, points, sentence }) => [name, points, sentence])).toEqual(
    expect.arrayContaining(before.case.signals.map(({ name, points, sentence }) => [name, points, sentence])),
  );
  expect(decision?.signals).toHaveLength(before.case.signals.length);
  expect(decision?.bonuses.map(({ bonusId }) => bonusId).sort()).toEqual(
    before.case.bonuses.map(({ id }) => id).sort(),
  );
  expect(decision?.bonuses.some(({ done, statusBefore }) => done === 'rejected' && statusBefore === 'held')).toBe(true);
  expect(taken).toMatchObject({
    undoes: decisionId,
    undoKind: 'reversal',
    actor: lead.name,
    note: 'They are a family.',
  });
  for (const made of bundle.record) {
    const { hashed, hash, previous, digest } = made.audit!;
    expect(createHash('sha256').update(hashed).digest('hex')).toBe(hash);
    expect(JSON.parse(hashed)[0]).toBe(previous);
    const { rows } = await db.pool.query('SELECT umpire.decisions_digest($1) AS digest', [made.audit!.batch]);
    expect(rows).toEqual([{ digest }]);
  }
});

test('is one page that runs nothing, loads nothing and shows what people typed as text', async () => {
  const bundle = await bundleOf(analyst, items[0] ?? '');
  const page = bundlePage(bundle);
  expect(page.match(/<script/g)).toHaveLength(1);
  const tags = page.match(/<[^>]*>/g) ?? [];
  expect(tags.length).toBeGreaterThan(100);
  expect(tags.filter((tag) => /<(img|link|iframe|a|form|object)\b|\son\w+=|\ssrc=|\shref=/i.test(tag))).toEqual([]);
  expect(page).not.toMatch(/url\(|@import/);
  expect(page.split('&lt;/script&gt;&lt;script&gt;alert(&#39;x&#39;)').length).toBeGreaterThan(2);
  const style = /<style>(.*)<\/style>/s.exec(page)?.[1] ?? '';
  const digest = createHash('sha256').update(style).digest('base64');
  expect(page).toContain(
    `content="default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'"`,
  );
  expect(dataOf(page)).toEqual(JSON.parse(JSON.stringify(bundle)));
  for (const part of [
    'Devices weigh more',
    'Account or device farm',
    'They are a family.',
    bundle.case.referee.email,
    'same_device 77',
  ]) {
    expect(page).toContain(part);
  }
});

test('tells the second analyst nothing of a first who waits, and the first what is theirs', async () => {
  const [, itemId = ''] = items;
  await changeSettings(db.pool, { second_review_share: 1 }, undefined);
  const decisionId = randomUUID();
  const [made] = await decide(analyst.pool, [
    { decisionId, itemId, decision: 'reject', reason: 'account_farm', note: 'Canary note' },
  ]);
  expect(made?.outcome).toBe('awaiting_second');
  await changeSettings(db.pool, { second_review_share: 0 }, undefined);
  expect((await bundleOf(analyst, itemId)).record.map((one) => one.decisionId)).toEqual([decisionId]);
  for (const blind of [other, lead]) {
    const page = bundlePage(await bundleOf(blind, itemId));
    for (const told of ['Canary note', decisionId, analyst.name, 'second_review', 'awaiting'])
      expect(page).not.toContain(told);
  }
  // Once it is withdrawn nobody is to be blind to it any more; it is a lead's to know.
  await undo(analyst.pool, [{ undoId: randomUUID(), decisionId }]);
  expect((await bundleOf(other, itemId)).record).toEqual([]);
  expect((await bundleOf(lead, itemId)).record.map((one) => one.decisionId)).toContain(decisionId);
});

test('is written by the command line for its owner’s eyes, over nothing that is there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'umpire-bundle-'));
  try {
    const file = join(folder, 'case.html');
    const asked = ['case', items[0] ?? '', '--bundle', file, '--database-url', analyst.url];
    expect(await runUmpire(asked)).toMatchObject({ exit: 0, stdout: `Written to ${file}.\n` });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(dataOf(await readFile(file, 'utf8'))).toMatchObject({
      format: 'umpire-evidence-1',
      made: { by: analyst.name },
    });
    expect(await runUmpire(asked)).toMatchObject({ exit: 2, stderr: expect.stringContaining('exists already') });
    const nobody = ['case', randomUUID(), '--bundle', join(folder, 'none.html'), '--database-url', analyst.url];
    expect(await runUmpire(nobody)).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('There is no review item'),
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a score that rose after the decision is told as what it is', async () => {
  const [, , itemId = ''] = items;
  await decide(analyst.pool, [{ decisionId: randomUUID(), itemId, decision: 'reject', reason: 'account_farm' }]);
  const before = (await bundleOf(analyst, itemId)).case.score;
  await db.pool.query(
    `INSERT INTO umpire.rule_sets (version, points, thresholds)
     SELECT max(version) + 1, (SELECT jsonb_object_agg(key, value::int + 3) FROM jsonb_each_text((SELECT points FROM umpire.rule_sets WHERE version = 1))),
       (SELECT thresholds FROM umpire.rule_sets WHERE version = 1) FROM umpire.rule_sets`,
  );
  await markAllDirty(db.pool);
  await score(db.pool, { now: NOW });

  const bundle = await bundleOf(analyst, itemId);
  const now = bundle.case.signals.reduce((sum, { points }) => sum + points, 0);
  expect([bundle.case.score, now > before]).toEqual([before, true]);
  expect(bundle.case.timeline.filter(({ kind }) => kind === 'score').map(({ text }) => text)).toEqual([
    `Scored ${now}, as it stands`,
  ]);
  expect(bundlePage(bundle)).toContain(`${now} points by now`);
});
