import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { syncPatternKeys } from '../../core/engine/patterns/sync.ts';
import { PatternFault, tryPattern } from '../../core/engine/patterns/trial.ts';
import { score } from '../../core/engine/score.ts';
import { watch } from '../../core/engine/watch.ts';
import { verify } from '../../core/programme/verify.ts';
import { type MigratedDatabase, migratedDatabase, TEST_KEY } from '../support/migrated.ts';
import { Story, tell } from '../support/story.ts';
import { until } from '../support/until.ts';

const NOW = new Date('2026-03-10T12:00:00Z');

let db: MigratedDatabase;
beforeEach(async () => {
  db = await migratedDatabase();
  const story = new Story()
    .user('2025-01-01T10:00:00Z', 'rob', 'Rob', 'rob@first.example')
    .code('2025-01-02T10:00:00Z', 'rob', 'ROB')
    .user('2026-03-01T10:00:00Z', 'rae', 'Rae', 'rae@quarry.example')
    .registered('2026-03-01T11:00:00Z', 'rae', 'ROB', '192.0.2.1', 'tablet')
    .user('2026-03-01T10:00:00Z', 'sue', 'Sue', 'susanne@mx.quarry.example')
    .registered('2026-03-03T11:00:00Z', 'sue', 'ROB', '192.0.2.200', 'phone')
    .user('2026-03-01T10:00:00Z', 'tom', 'Tom', 'tom@elsewhere.example')
    .registered('2026-03-05T11:00:00Z', 'tom', 'ROB', '2001:db8::7', 'laptop');
  await tell(db.pool, story.events, NOW);
});
afterEach(() => db.end());

/** Score by referee, after what was done by SQL was taken over. */
async function scores(): Promise<{ readonly [referee: string]: number }> {
  await syncPatternKeys(db.pool, TEST_KEY);
  await score(db.pool, { now: NOW });
  const { rows } = await db.pool.query<{ referee_id: string; fraud_score: number }>(
    'SELECT referee_id, fraud_score FROM referrals.relationships ORDER BY 1',
  );
  return Object.fromEntries(rows.map((row) => [row.referee_id, row.fraud_score]));
}

describe('a pattern that somebody writes by SQL', () => {
  const insert = `INSERT INTO referrals.fraud_patterns (pattern_type, pattern_value, score_impact) VALUES ('email_domain', 'quarry.example', 10)`;

  test('counts for what is there already', async () => {
    await db.pool.query(insert);
    expect(await scores()).toEqual({ rae: 10, sue: 10, tom: 0 });
  });

  test.each([
    ['switched off', 'UPDATE referrals.fraud_patterns SET is_active = false', { rae: 0, sue: 0, tom: 0 }],
    ['given other points', 'UPDATE referrals.fraud_patterns SET score_impact = 12', { rae: 12, sue: 12, tom: 0 }],
    [
      'given another value',
      `UPDATE referrals.fraud_patterns SET pattern_value = 'elsewhere.example'`,
      { rae: 0, sue: 0, tom: 10 },
    ],
    [
      'made one of another type',
      `UPDATE referrals.fraud_patterns SET pattern_type = 'ip_range', pattern_value = '192.0.2.0/24'`,
      { rae: 10, sue: 10, tom: 0 },
    ],
    ['deleted', 'DELETE FROM referrals.fraud_patterns', { rae: 0, sue: 0, tom: 0 }],
  ])('and is then %s', async (_what, change, expected) => {
    await db.pool.query(insert);
    await scores();
    await db.pool.query(change);
    expect(await scores()).toEqual(expected);
    expect(await verify(db.pool)).toEqual([]);
  });

  test('and is made one that nobody can understand matches nothing, and verify says so', async () => {
    await db.pool.query(insert);
    await scores();
    await db.pool.query(`UPDATE referrals.fraud_patterns SET pattern_value = '/(/'`);
    expect(await scores()).toEqual({ rae: 0, sue: 0, tom: 0 });
    expect(await verify(db.pool)).toEqual([expect.objectContaining({ check: 'pattern' })]);
  });

  test('and switched off and on again counts for whoever was scored meanwhile', async () => {
    await db.pool.query(insert);
    await scores();
    await db.pool.query('UPDATE referrals.fraud_patterns SET is_active = false');
    await db.pool.query('SELECT umpire.mark_dirty(array_agg(relationship_id)) FROM umpire.referrals');
    await score(db.pool, { now: NOW });
    await db.pool.query('UPDATE referrals.fraud_patterns SET is_active = true');
    expect(await scores()).toEqual({ rae: 10, sue: 10, tom: 0 });
  });

  test('counts at once for whoever watches', async () => {
    const stop = new AbortController();
    const watching = watch(db.pool, { clock: () => NOW, key: TEST_KEY, signal: stop.signal });
    await db.pool.query(insert);
    await until(async () => {
      const { rows } = await db.pool.query('SELECT 1 FROM referrals.relationships WHERE fraud_score = 10');
      return rows.length === 2 ? true : null;
    });
    stop.abort();
    expect((await watching).scored).toBe(2);
  });

  test('is taken over once, however many look', async () => {
    await db.pool.query(insert);
    await Promise.all(Array.from({ length: 5 }, () => syncPatternKeys(db.pool, TEST_KEY)));
    await score(db.pool, { now: NOW });
    await syncPatternKeys(db.pool, TEST_KEY);
    const { rows } = await db.pool.query('SELECT relationship_id FROM umpire.dirty');
    expect(rows).toEqual([]);
  });
});

describe('a pattern that is tried', () => {
  test.each([
    ['email_domain', 'quarry.example', ['rae', 'sue']],
    ['email_domain', 'mx.quarry.example', ['sue']],
    ['email_domain', '/^(rae|tom)@/', ['rae', 'tom']],
    ['ip_range', '192.0.2.1', ['rae']],
    ['ip_range', '192.0.2.0/24', ['rae', 'sue']],
    ['ip_range', '2001:db8::/32', ['tom']],
    ['device_pattern', 'phone', ['sue']],
  ] as const)('%s %s', async (type, value, referees) => {
    const trial = await tryPattern(db.pool, { type, value, scoreImpact: 30 }, TEST_KEY);
    expect(trial.referrals.map(({ refereeId }) => refereeId)).toEqual(referees);
    expect(trial).toMatchObject({
      blind: null,
      matches: referees.length,
      lifted: { medium: referees.length, high: 0, critical: 0 },
    });
  });

  test('says what it cannot see', async () => {
    const trial = await tryPattern(db.pool, { type: 'ip_range', value: '192.0.2.0/25', scoreImpact: 30 }, TEST_KEY);
    expect(trial).toMatchObject({ matches: 0, blind: expect.stringContaining('only what arrives after it') });
  });

  test('is refused where it could not be saved', async () => {
    await expect(
      tryPattern(db.pool, { type: 'email_domain', value: '/(?=a)/', scoreImpact: 30 }, TEST_KEY),
    ).rejects.toThrow(PatternFault);
  });

  test('changes nothing', async () => {
    await tryPattern(db.pool, { type: 'email_domain', value: 'quarry.example', scoreImpact: 90 }, TEST_KEY);
    expect(await scores()).toEqual({ rae: 0, sue: 0, tom: 0 });
  });

  test('takes linear time over hostile addresses', async () => {
    const trial = await tryPattern(db.pool, { type: 'email_domain', value: '/(a+)+$/', scoreImpact: 30 }, TEST_KEY);
    expect(trial.matches).toBe(0);
  });
});
