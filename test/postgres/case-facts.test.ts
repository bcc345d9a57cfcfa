import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { caseFile, type CaseFile } from '../../core/contract/case.ts';
import type { Decision } from '../../core/domain/decision.ts';
import type { Pool } from '../../core/postgres/connection.ts';
import type { Queryable } from '../../core/postgres/rows.ts';
import { inSnapshot } from '../../core/postgres/snapshot.ts';
import { readCase } from '../../core/review/case.ts';
import { type CaseFacts, caseFacts } from '../../core/review/case-facts.ts';
import { caseFileOf } from '../../core/review/case-file.ts';
import { readClaim } from '../../core/review/claims.ts';
import { decide } from '../../core/review/decide.ts';
import { caseFileOfKept } from '../../core/review/kept-case.ts';
import { readCaseFacts } from '../../core/review/read-case-facts.ts';
import { readSignalRecords } from '../../core/review/signal-record.ts';
import { undo } from '../../core/review/undo.ts';
import type { KeptFacts } from '../../core/sync/ports.ts';
import { readKeptFacts } from '../../core/sync/postgres/facts.ts';
import { demoDatabase } from '../support/demo-database.ts';
import { type Logins, loginsOf } from '../support/logins.ts';
import type { MigratedDatabase } from '../support/migrated.ts';

const NOW = new Date('2026-10-01T12:00:00Z');
const ZONE = 'Europe/Berlin';
const MINUTE = 60_000;

let db: MigratedDatabase;
let logins: Logins;
/** All items; the first ones were decided, and some of those taken back. */
let items: string[];

beforeAll(async () => {
  db = await demoDatabase(1200, NOW);
  logins = loginsOf(db.database, db.pool);
  const { rows } = await db.pool.query<{ id: string }>('SELECT id FROM referrals.review_queue ORDER BY id');
  items = rows.map(({ id }) => id);
  const made = [
    await decideAs(items[0], 'approve', 'household'),
    await decideAs(items[1], 'reject', 'account_farm', 'Same flat'),
    await decideAs(items[2], 'escalate', 'needs_lead'),
    await decideAs(items[3], 'reject', 'self_referral'),
  ];
  await undo(db.pool, [{ undoId: randomUUID(), decisionId: made[3] ?? '', note: 'Wrong row' }], { now: NOW });
});
afterAll(async () => {
  await logins.end();
  await db.end();
});

async function decideAs(
  itemId: string | undefined,
  decision: Decision,
  reason: string,
  note?: string,
): Promise<string> {
  const decisionId = randomUUID();
  const [result] = await decide(db.pool, [{ decisionId, itemId: itemId ?? '', decision, reason, note }], { now: NOW });
  expect(result?.outcome).toBe('applied');
  return decisionId;
}

const keptFrom = (pool: Pool, ids: readonly string[]): Promise<KeptFacts[]> =>
  inSnapshot(pool, (one) => readKeptFacts(one, ids));
const factsOf = (ids: readonly string[]): Promise<CaseFacts[]> =>
  inSnapshot(db.pool, (one) => readCaseFacts(one, ids, NOW));

describe('facts of many cases', () => {
  test('are those of each alone, in the order asked for, each once, and of unknown items none', async () => {
    expect(items.length).toBeGreaterThan(20);
    const alone: CaseFacts[] = [];
    for (const id of items) alone.push(...(await factsOf([id])));
    expect(alone.map(({ head }) => head.item_id)).toEqual(items);

    const backwards = items.toReversed();
    expect(await factsOf([...backwards, randomUUID(), items[0] ?? ''])).toEqual(alone.toReversed());
    expect(await factsOf([])).toEqual([]);
    expect(await factsOf([randomUUID()])).toEqual([]);
  });

  test('take as many statements as those of one', async () => {
    const statements = async (ids: readonly string[]): Promise<number> => {
      let count = 0;
      await inSnapshot(db.pool, (client) => {
        const counted: Queryable = {
          query: (text, values) => {
            count += 1;
            return client.query(text, values);
          },
        };
        return readCaseFacts(counted, ids);
      });
      return count;
    };
    expect(await statements(items)).toBe(await statements(items.slice(0, 1)));
  });

  test('are JSON, of which a case is made as it is read', async () => {
    const records = await readSignalRecords(db.pool);
    const facts = await factsOf(items);
    expect(facts.map((one) => caseFacts.parse(JSON.parse(JSON.stringify(one))))).toEqual(facts);
    for (const kept of facts) {
      const itemId = kept.head.item_id;
      const file = caseFileOf(kept, { now: NOW, zone: ZONE, records, claim: await readClaim(db.pool, itemId) });
      expect(file).toEqual(await readCase(db.pool, itemId, NOW, ZONE));
      expect(file).toEqual(caseFile.parse(file));
    }
  });
});

describe('a case is told as of its reader’s moment', () => {
  async function at(itemId: string | undefined, minutes: number, zone = ZONE): Promise<CaseFile> {
    const [kept] = await factsOf([itemId ?? '']);
    if (kept === undefined) throw new Error('no facts');
    const now = new Date(NOW.getTime() + minutes * MINUTE);
    return caseFileOf(kept, { now, zone, records: new Map(), claim: null });
  }
  const undoOf = (file: CaseFile): unknown => file.decisions.at(-1)?.undo;

  test('one’s own decision may be undone for ten minutes, and then it is a reversal', async () => {
    expect([undoOf(await at(items[1], 0)), undoOf(await at(items[1], 10)), undoOf(await at(items[1], 11))]).toEqual([
      'undo',
      'undo',
      'reversal',
    ]);
    expect(undoOf(await at(items[3], 0))).toBeNull();
  });

  test('what was paid a week ago is no longer taken back', async () => {
    expect((await at(items[0], 0)).stake.takesBack).toBeGreaterThan(0);
    expect((await at(items[0], 8 * 24 * 60)).stake.takesBack).toBe(0);
  });

  test('sentences are told in the reader’s zone', async () => {
    const sentences = async (zone: string): Promise<string> =>
      (await at(items[0], 0, zone)).signals.map(({ sentence }) => sentence).join('\n');
    expect(await sentences('Asia/Tokyo')).not.toBe(await sentences('America/Lima'));
  });
});

describe('kept facts', () => {
  test('are masked, and carry the stamp of what they were read from', async () => {
    const kept = await keptFrom(db.pool, [...items, randomUUID()]);
    expect(kept.map(({ itemId }) => itemId)).toEqual(items);
    expect(new Set(kept.map(({ stamp }) => stamp)).size).toBe(items.length);
    for (const { itemId, json, stamp } of kept) {
      const whole = await readCase(db.pool, itemId, NOW, ZONE);
      const file = caseFileOfKept(json, { now: NOW, zone: ZONE, records: new Map(), claim: null });
      if (whole === null || file === null) throw new Error('no case');
      expect(caseFacts.parse(JSON.parse(json)).head.stamp).toBe(stamp);
      expect(file.likenesses).toEqual(whole.likenesses);
      expect(file.stake).toEqual(whole.stake);
      const people = [whole.referrer, whole.referee];
      expect(people.filter(({ name }) => !name.includes(' ') || json.includes(name))).toEqual([]);
      const shown = people.filter(({ email }) => json.includes(email));
      const about = whole.signals.filter((fired) => /email|^pattern:/.test(fired.name));
      expect({ itemId, shown: about.length === 0 ? shown : [] }).toEqual({ itemId, shown: [] });
    }
  });

  test('a decision gives its item another stamp, and no other referrer’s', async () => {
    const stamps = async (): Promise<Map<string, string>> =>
      new Map((await keptFrom(db.pool, items)).map(({ itemId, stamp }) => [itemId, stamp]));
    const { rows } = await db.pool.query<{ id: string; others: string[] }>(
      `SELECT q.id, array_agg(o.id) AS others FROM referrals.review_queue q JOIN referrals.relationships r ON r.id = q.relationship_id
       JOIN (referrals.review_queue o JOIN referrals.relationships s ON s.id = o.relationship_id) ON s.referrer_id <> r.referrer_id
       WHERE q.status = 'pending' GROUP BY q.id ORDER BY q.id DESC LIMIT 1`,
    );
    const { id, others } = rows[0] ?? { id: '', others: [] };
    const before = await stamps();
    await decideAs(id, 'approve', 'household');
    const after = await stamps();
    expect(after.get(id)).not.toBe(before.get(id));
    expect(others.filter((other) => after.get(other) !== before.get(other))).toEqual([]);
  });

  test('an analyst’s hold what that analyst may see: of a decision that waits, nobody’s but one’s own', async () => {
    const [first, second] = [await logins.add('analyst', 'mira'), await logins.add('analyst', 'noor')];
    await db.pool.query('UPDATE umpire.review_settings SET second_review_share = 1');
    try {
      const { rows } = await db.pool.query<{ id: string }>(
        `SELECT id FROM referrals.review_queue WHERE status = 'pending' ORDER BY id DESC LIMIT 1`,
      );
      const ids = [rows[0]?.id ?? ''];
      const call = {
        decisionId: randomUUID(),
        itemId: ids[0] ?? '',
        decision: 'approve',
        reason: 'household',
      } as const;
      expect((await decide(first.pool, [call]))[0]?.outcome).toBe('awaiting_second');

      const seenBy = async (login: typeof first): Promise<unknown> => {
        const [kept] = await keptFrom(login.pool, ids);
        const reader = { now: new Date(), zone: ZONE, records: new Map(), claim: null };
        const file = caseFileOfKept(kept?.json ?? '', reader);
        return { second: file?.secondReview, undo: file?.decisions.map((made) => made.undo) };
      };
      expect(await seenBy(first)).toEqual({ second: 'mine', undo: ['withdrawal'] });
      expect(await seenBy(second)).toEqual({ second: 'needed', undo: [] });
    } finally {
      await db.pool.query('UPDATE umpire.review_settings SET second_review_share = 0');
    }
  });
});
