import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CaseFile, caseFile } from '../../core/contract/case.ts';
import type { Decision } from '../../core/domain/decision.ts';
import { readCase } from '../../core/review/case.ts';
import { decide } from '../../core/review/decide.ts';
import { readSignalRecords } from '../../core/review/signal-record.ts';
import { type MigratedDatabase, migratedDatabase } from '../support/migrated.ts';
import { Story, tell, tellDemo } from '../support/story.ts';

const NOW = new Date('2026-03-20T08:00:00Z');
let db: MigratedDatabase;

/** Lena brings in an account from her own device and address, and buys with it at once; and Mia, who is nobody near. */
function lenasReferrals(): Story {
  const story = new Story()
    .user('2026-03-10T08:00:00Z', 'lena', 'Lena Kühn', 'lena.kuehn@gmail.com')
    .seen('2026-03-10T08:01:00Z', 'lena', '203.0.113.7', 'device-l')
    .code('2026-03-10T09:00:00Z', 'lena', 'K7P2QX')
    .used('2026-03-10T09:30:00Z', 'lena', 'mail')
    .user('2026-03-12T09:30:00Z', 'lena2', 'Lena Kuehn', 'lenakuehn+2@gmail.com')
    .registered('2026-03-12T09:31:00Z', 'lena2', 'K7P2QX', '203.0.113.7', 'device-l')
    .bought('2026-03-12T10:00:00Z', 'lena2')
    .user('2026-03-14T09:00:00Z', 'mia', 'Mia Rossi', 'mia@rossi.example')
    .registered('2026-03-14T09:05:00Z', 'mia', 'K7P2QX', '198.51.100.9', 'device-m');
  // An office behind the address that both used.
  for (let n = 0; n < 9; n += 1) {
    const id = `colleague${n}`;
    story.user('2026-03-01T08:00:00Z', id, `Colleague ${n}`, `person${n}@office.example`);
    story.seen(`2026-03-02T08:0${n}:00Z`, id, '203.0.113.7', `desk-${n}`);
  }
  return story;
}

beforeAll(async () => {
  db = await migratedDatabase();
  await tell(db.pool, lenasReferrals().events, NOW);
});
afterAll(() => db.end());

async function itemOf(refereeId: string): Promise<string> {
  const { rows } = await db.pool.query<{ id: string }>(
    `SELECT q.id FROM referrals.review_queue q JOIN referrals.relationships r ON r.id = q.relationship_id WHERE r.referee_id = $1`,
    [refereeId],
  );
  if (rows[0] === undefined) throw new Error(`no item for ${refereeId}`);
  return rows[0].id;
}

async function fileOf(refereeId: string): Promise<CaseFile> {
  const file = await readCase(db.pool, await itemOf(refereeId), NOW, 'Europe/Berlin');
  if (file === null) throw new Error('no case');
  expect(file).toEqual(caseFile.parse(file));
  return file;
}

test('there is no case for an item that does not exist', async () => {
  expect(await readCase(db.pool, randomUUID(), NOW)).toBeNull();
});

describe('the case of a self-referral', () => {
  test('says why in sentences that can be checked, and the points add up to the score', async () => {
    const { signals, score, band, priority } = await fileOf('lena2');
    expect(signals.map(({ name, points, sentence }) => ({ name, points, sentence }))).toEqual([
      {
        name: 'same_device',
        points: 50,
        sentence: expect.stringMatching(
          /^Both used device [0-9a-f]{4}…[0-9a-f]{2} \(referrer 10 Mar, 09:01, referee 12 Mar, 10:31\)$/,
        ),
      },
      {
        name: 'instant_qualification',
        points: 35,
        sentence: 'First purchase 29 min after registration (12 Mar, 11:00)',
      },
      {
        name: 'same_ip',
        points: 30,
        sentence: expect.stringMatching(
          /^Both used address [0-9a-f]{4}…[0-9a-f]{2} \(referrer 10 Mar, 09:01, referee 12 Mar, 10:31\)$/,
        ),
      },
      {
        name: 'similar_email',
        points: 25,
        sentence: 'The referee’s address lenakuehn@… is the same name as the referrer’s lenakuehn@…',
      },
      {
        name: 'minimal_activity',
        points: 25,
        sentence: 'No usage between registration (12 Mar, 10:31) and the first purchase (12 Mar, 11:00)',
      },
      { name: 'new_account_referrer', points: 15, sentence: expect.stringContaining('2 d 1 h old') },
    ]);
    expect({ score, band, priority }).toEqual({ score: 180, band: 'critical', priority: 'critical' });
  });

  test('lays both sides beside each other', async () => {
    const { referrer, referee, likenesses } = await fileOf('lena2');
    expect(referrer).toMatchObject({
      userId: 'lena',
      name: 'Lena Kühn',
      email: 'lena.kuehn@gmail.com',
      createdAt: '2026-03-10T08:00:00.000Z',
      tier: 'bronze',
      apps: ['mail'],
      firstUsageAt: '2026-03-10T09:30:00.000Z',
      firstPurchaseAt: null,
      referrals: { made: 2, qualified: 1, approved: 0, rejected: 0, open: 1 },
    });
    expect(referee).toMatchObject({
      userId: 'lena2',
      country: 'DE',
      asn: 'AS3320',
      apps: [],
      devices: referrer.devices,
    });
    expect(referee.devices).toHaveLength(1);
    expect(referee.addresses).toEqual(referrer.addresses);
    expect(likenesses).toEqual(
      expect.arrayContaining([
        { fact: 'email', kind: 'near' },
        { fact: 'device', kind: 'equal' },
        { fact: 'address', kind: 'equal' },
        { fact: 'network', kind: 'equal' },
      ]),
    );
  });

  test('tells what happened in the order of time', async () => {
    const { timeline } = await fileOf('lena2');
    expect(timeline.map(({ at }) => at)).toEqual(timeline.map(({ at }) => at).sort());
    expect(timeline.filter(({ kind }) => kind === 'stage')).toEqual([
      {
        at: '2026-03-12T09:31:00.000Z',
        kind: 'stage',
        who: 'referee',
        text: 'Registered with code K7P2QX through chat',
      },
      { at: '2026-03-12T10:00:00.000Z', kind: 'stage', who: 'referee', text: 'Activated by the first purchase' },
      { at: '2026-03-12T10:00:00.000Z', kind: 'stage', who: 'referee', text: 'Qualified: first purchase' },
    ]);
    expect(timeline.map(({ text }) => text)).toEqual(
      expect.arrayContaining(['Code K7P2QX created', '65 credits held', 'Put in the queue with 180 points']),
    );
  });

  test('is due a week after qualification', async () => {
    expect((await fileOf('lena2')).dueAt).toBe('2026-03-19T10:00:00.000Z');
  });

  test('offers what may speak for them, with the number of accounts at the address', async () => {
    expect((await fileOf('lena2')).innocent).toEqual([
      'The address that both used was used by 11 accounts (an office, a campus or a carrier)',
    ]);
  });
});

test('no fact about a stranger leaves with a case: hashes are short, colleagues are only counted', async () => {
  const { graph: _graph, signals: _signals, ...rest } = await fileOf('lena2');
  expect(JSON.stringify(rest)).not.toMatch(/[0-9a-f]{64}|office\.example|203\.0\.113/);
});

async function decideOn(itemId: string, decision: Decision, reason: string) {
  const [result] = await decide(db.pool, [{ decisionId: randomUUID(), itemId, decision, reason }], { now: NOW });
  return result;
}

describe('the stake is what a decision then moves', () => {
  test('approving pays what the button said, rejecting rejects and takes back what it said', async () => {
    const demo = await migratedDatabase();
    try {
      await tellDemo(demo.pool, 900, NOW);
      const { rows: items } = await demo.pool.query<{ id: string; relationship_id: string }>(
        'SELECT id, relationship_id FROM referrals.review_queue ORDER BY id',
      );
      expect(items.length).toBeGreaterThan(8);
      for (const [index, { id, relationship_id: relationshipId }] of items.entries()) {
        // Some hold that no decision moves, and some money that can still be taken back.
        await demo.pool.query(
          `UPDATE referrals.bonus_events SET hold_reason = 'rate_limited' WHERE event_type = 'activated' AND relationship_id = $1`,
          [relationshipId],
        );
        const file = await readCase(demo.pool, id, NOW);
        const approve = index % 2 === 0;
        const [result] = await decide(
          demo.pool,
          [
            {
              decisionId: randomUUID(),
              itemId: id,
              decision: approve ? 'approve' : 'reject',
              reason: approve ? 'household' : 'self_referral',
            },
          ],
          { now: NOW },
        );
        expect(result).toMatchObject(
          approve
            ? { outcome: 'applied', paid: file?.stake.releases, rejected: 0, reversed: 0 }
            : { outcome: 'applied', paid: 0, rejected: file?.stake.rejects, reversed: file?.stake.takesBack },
        );
        expect(file?.signals.reduce((sum, { points }) => sum + points, 0)).toBe(file?.score);
      }
      // What was approved is paid now, and would be taken back within a week.
      const paid = await readCase(demo.pool, items[0]?.id ?? '', NOW);
      expect(paid).toMatchObject({
        status: 'approved',
        stake: { releases: 0 },
        decisions: [{ decision: 'approve', reason: 'household' }],
      });
      expect(paid?.stake.takesBack).toBeGreaterThan(0);
      const later = await readCase(demo.pool, items[0]?.id ?? '', new Date(NOW.getTime() + 8 * 24 * 60 * 60 * 1000));
      expect(later?.stake.takesBack).toBe(0);
      const { rows } = await demo.pool.query(
        `SELECT e.signal, count(*)::int AS decided, count(*) FILTER (WHERE q.status = 'rejected')::int AS rejected
         FROM umpire.evidence e JOIN referrals.review_queue q USING (relationship_id) GROUP BY 1`,
      );
      const records = await readSignalRecords(demo.pool);
      expect([...records].map(([signal, record]) => ({ signal, ...record })).sort(bySignal)).toEqual(
        rows.sort(bySignal),
      );
    } finally {
      await demo.end();
    }
  });

  test('a decided case shows who decided, and counts for the referrer', async () => {
    const itemId = await itemOf('lena2');
    expect(await decideOn(itemId, 'reject', 'self_referral')).toMatchObject({ outcome: 'applied', rejected: 65 });
    const file = await fileOf('lena2');
    expect(file).toMatchObject({
      status: 'rejected',
      version: 2,
      flagged: true,
      stake: { releases: 0, rejects: 0, takesBack: 0 },
      referrer: { referrals: { made: 2, qualified: 1, rejected: 1, open: 0 } },
    });
    expect(file.timeline.slice(-2).map(({ text }) => text)).toEqual([
      expect.stringMatching(/^Rejected by .+ \(self_referral\)$/),
      '65 credits rejected',
    ]);
  });
});

function bySignal(a: { signal: string }, b: { signal: string }): number {
  return a.signal < b.signal ? -1 : 1;
}
