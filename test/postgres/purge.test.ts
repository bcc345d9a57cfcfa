import { afterEach, beforeEach, expect, test } from 'vitest';
import { importEvents } from '../../core/programme/import/import.ts';
import { eventSource } from '../../core/programme/import/source.ts';
import { fingerprintPurge } from '../../core/programme/jobs/fingerprint-purge.ts';
import { markAllDirty, score } from '../../core/engine/score.ts';
import { verify } from '../../core/programme/verify.ts';
import { type MigratedDatabase, migratedDatabase, TEST_KEY } from '../support/migrated.ts';
import { at, code, pattern, referee, referrer, seen, user } from '../support/scenario-events.ts';
import { dump } from '../support/scenario-dump.ts';
import { type StoryEvent, tell, tellDemo } from '../support/story.ts';

let db: MigratedDatabase;
beforeEach(async () => {
  db = await migratedDatabase();
});
afterEach(() => db.end());

const day = (offset: string): Date => new Date(at(offset));

function purge(now: Date): Promise<object> {
  return fingerprintPurge.run(db.pool, { now, key: TEST_KEY });
}

/** Everything that a score says, and everything that follows from it. */
async function scored(): Promise<readonly string[]> {
  const rest = ['relationships', 'bonus_events', 'review_queue', 'codes', 'user_tiers'].map(
    (name) => `referrals.${name}`,
  );
  return dump(db.pool, [...rest, 'umpire.scores', 'umpire.evidence', 'credits.transactions']);
}

async function count(sql: string): Promise<number> {
  const { rows } = await db.pool.query<{ n: number }>(`select count(*)::int as n from ${sql}`);
  return rows[0]?.n ?? -1;
}

test('fingerprints go 90 days after they were last seen, with every hash of them, and not a moment sooner', async () => {
  await tell(
    db.pool,
    [...referrer(), ...referee('rae'), seen('rob', '-1d', { ip: '192.0.2.1' })] as StoryEvent[],
    day('+1d'),
  );
  expect(await purge(day('+89d'))).toEqual({ purged: 0, waiting: 0 });
  // Ninety days to the millisecond are not yet more than ninety.
  expect(await purge(new Date(day('+90d').getTime() - 86_400_000))).toEqual({ purged: 0, waiting: 0 });
  expect(await purge(new Date(day('+89d').getTime() + 1))).toEqual({ purged: 1, waiting: 0 });
  expect(await purge(day('+90d'))).toEqual({ purged: 0, waiting: 0 });
  expect(await purge(new Date(day('+90d').getTime() + 1))).toEqual({ purged: 1, waiting: 0 });
  expect(await count('referrals.fingerprints')).toBe(0);
  expect(await count('referrals.user_fingerprints')).toBe(0);
  expect(await count('umpire.sightings')).toBe(0);
  for (const table of ['umpire.referrals', 'umpire.registrations']) {
    expect(
      await count(
        `${table} where ip_hash is not null or device_hash is not null or network_hashes <> '{}' or fingerprint_id is not null`,
      ),
    ).toBe(0);
  }
  expect(await verify(db.pool)).toEqual([]);
});

test('after a purge of everything a re-score changes nothing, whatever had fired', async () => {
  const now = new Date('2026-10-01T12:00:00Z');
  await tellDemo(db.pool, 600, now);
  const kinds = await count(
    `umpire.evidence where signal in ('same_ip', 'same_device', 'vpn_proxy') or signal like 'pattern:%'`,
  );
  expect(kinds).toBeGreaterThan(50);
  const before = await scored();
  const later = new Date(now.getTime() + 91 * 86_400_000);
  await purge(later);
  expect(await count('referrals.fingerprints')).toBe(0);
  expect(await scored()).toEqual(before);
  await markAllDirty(db.pool);
  expect(await score(db.pool, { now: later })).toEqual({ scored: 600, changed: 0, failing: 0 });
  expect(await scored()).toEqual(before);
  expect(await verify(db.pool)).toEqual([]);
});

test('halfway through the life of a programme, too: what is purged and what is not', async () => {
  const now = new Date('2026-10-01T12:00:00Z');
  await tellDemo(db.pool, 600, now);
  const before = await scored();
  await purge(now);
  expect(await count('referrals.fingerprints')).toBeGreaterThan(0);
  expect(await count('umpire.kept_evidence')).toBeGreaterThan(0);
  await markAllDirty(db.pool);
  expect(await score(db.pool, { now })).toMatchObject({ changed: 0, failing: 0 });
  expect(await scored()).toEqual(before);
  expect(await verify(db.pool)).toEqual([]);
});

/** Rae registers where Rob was seen a hundred days before, with a device of her own; a pattern knows the network. */
const SHARED = [
  ...referrer(),
  user('ann', '-60d'),
  code('ANN', 'ann', '-50d'),
  { ...pattern('ip_range', '192.0.2.0/24', 10), at: at('-59d') },
  seen('rob', '-58d', { ip: '192.0.2.1' }),
  ...referee('rae', 'ROB', '0', { ip: '192.0.2.1' }),
] as StoryEvent[];

async function signalsOfRae(): Promise<string[]> {
  const { rows } = await db.pool.query<{ signal: string; points: number }>(
    'select left(signal, 8) as signal, points from umpire.evidence order by 1',
  );
  return rows.map(({ signal, points }) => `${signal} ${points}`);
}

test('evidence that rests on where the referrer was seen stays when that is purged first', async () => {
  await tell(db.pool, SHARED, day('+1d'));
  expect(await signalsOfRae()).toEqual(['pattern: 10', 'same_ip 30']);
  // Rob's sighting, 58 days older than the registration, goes alone.
  expect(await purge(day('+40d'))).toEqual({ purged: 1, waiting: 0 });
  await markAllDirty(db.pool);
  expect(await score(db.pool, { now: day('+40d') })).toMatchObject({ changed: 0 });
  expect(await signalsOfRae()).toEqual(['pattern: 10', 'same_ip 30']);
});

test('rules still apply to what is kept: a pattern that is switched off goes, and comes back', async () => {
  await tell(db.pool, SHARED, day('+1d'));
  await purge(day('+100d'));
  const switched = async (isActive: boolean, offset: string): Promise<void> => {
    const pattern = { patternType: 'ip_range', patternValue: '192.0.2.0/24', isActive };
    await tell(db.pool, [{ id: `switch ${offset}`, type: 'pattern.updated', at: at(offset), pattern }], day(offset));
    await markAllDirty(db.pool);
    await score(db.pool, { now: day(offset) });
  };
  await switched(false, '+101d');
  expect(await signalsOfRae()).toEqual(['same_ip 30']);
  await switched(true, '+102d');
  expect(await signalsOfRae()).toEqual(['pattern: 10', 'same_ip 30']);
  await db.pool.query(
    `insert into umpire.rule_sets (version, points, thresholds, disabled) select 2, points || '{"same_ip": 45}', thresholds, '[]' from umpire.rule_sets`,
  );
  await markAllDirty(db.pool);
  await score(db.pool, { now: day('+103d') });
  expect(await signalsOfRae()).toEqual(['pattern: 10', 'same_ip 45']);
});

test('a fingerprint that a referral still has to be scored with waits', async () => {
  await importEvents(
    db.pool,
    eventSource(() => SHARED),
    { key: TEST_KEY, now: day('+1d') },
  );
  expect(await purge(day('+100d'))).toEqual({ purged: 0, waiting: 2 });
  await score(db.pool, { now: day('+100d') });
  expect(await signalsOfRae()).toEqual(['pattern: 10', 'same_ip 30']);
  expect(await purge(day('+100d'))).toEqual({ purged: 2, waiting: 0 });
  expect(await signalsOfRae()).toEqual(['pattern: 10', 'same_ip 30']);
});

test('purging while others score and import comes to what one after the other comes to', async () => {
  const now = new Date('2026-10-01T12:00:00Z');
  await tellDemo(db.pool, 400, now);
  const before = await scored();
  await markAllDirty(db.pool);
  await Promise.all([
    score(db.pool, { now, batchSize: 20 }),
    purge(now),
    score(db.pool, { now, batchSize: 20 }),
    purge(now),
  ]);
  await purge(now);
  await markAllDirty(db.pool);
  expect(await score(db.pool, { now })).toMatchObject({ changed: 0, failing: 0 });
  expect(await scored()).toEqual(before);
  expect(await verify(db.pool)).toEqual([]);
});
