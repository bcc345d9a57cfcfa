import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EgoGraph, egoGraph, type GraphNode } from '../../core/contract/case.ts';
import { MOST_NODES } from '../../core/graph/ego.ts';
import { readCase } from '../../core/review/case.ts';
import { type MigratedDatabase, migratedDatabase } from '../support/migrated.ts';
import { Story, tell, tellDemo } from '../support/story.ts';

const NOW = new Date('2026-03-20T08:00:00Z');
const SHARED_DEVICE = 'device-of-the-ring';
const CARRIER = '203.0.113.7';
const FLAT = '198.51.100.20';

/** A number of minutes after the story begins. */
const at = (minutes: number): string => new Date(Date.UTC(2026, 2, 1) + minutes * 60_000).toISOString();

/**
 * Ada brings in six accounts in half an hour. `ref0` used her device; a stranger used it too. All went through a carrier
 * with many customers, and `ref0` also lives in a flat with two others.
 */
function ring(): Story {
  const story = new Story().user(at(0), 'ada', 'Ada Ring', 'ada@ring.example').code(at(1), 'ada', 'RING');
  story.seen(at(2), 'ada', CARRIER, SHARED_DEVICE);
  story
    .user(at(3), 'stranger', 'Sam Stranger', 'sam@other.example')
    .seen(at(4), 'stranger', '192.0.2.44', SHARED_DEVICE);
  for (let n = 0; n < 120; n += 1) {
    story.user(at(5), `customer${n}`, `Customer ${n}`, `c${n}@carrier.example`).seen(at(6), `customer${n}`, CARRIER);
  }
  for (const flatmate of ['flat1', 'flat2']) {
    story
      .user(at(7), flatmate, `Mate ${flatmate}`, `${flatmate}@flat.example`)
      .seen(at(8), flatmate, FLAT, `phone-${flatmate}`);
  }
  const start = 8 * 24 * 60;
  for (let n = 0; n < 6; n += 1) {
    story.user(at(start + n * 5), `ref${n}`, `Referee ${n}`, `${'uvwxyz'[n]}${'uvwxyz'[n]}nobody${n}x@gmail.com`);
    story.registered(at(start + n * 5 + 1), `ref${n}`, 'RING', CARRIER, n === 0 ? SHARED_DEVICE : `own-${n}`);
  }
  return story.seen(at(start + 60), 'ref0', FLAT, 'phone-of-ref0');
}

describe('the graph around a case', () => {
  let db: MigratedDatabase;
  let graph: EgoGraph;
  const node = (label: string | RegExp): GraphNode | undefined =>
    graph.nodes.find((one) => (typeof label === 'string' ? one.label === label : label.test(one.label)));

  beforeAll(async () => {
    db = await migratedDatabase();
    await tell(db.pool, ring().events, NOW);
    const { rows } = await db.pool.query<{ id: string }>(
      `SELECT q.id FROM referrals.review_queue q JOIN referrals.relationships r ON r.id = q.relationship_id WHERE r.referee_id = 'ref0'`,
    );
    const file = await readCase(db.pool, rows[0]?.id ?? '', NOW);
    if (file === null) throw new Error('no case');
    graph = file.graph;
  });
  afterAll(() => db.end());

  test('shows both people, the code, and everybody who shares a device, a flat or the burst', () => {
    const users = graph.nodes.filter(({ kind }) => kind === 'user').map(({ id, role }) => [id, role]);
    expect(new Map(users as [string, string][])).toEqual(
      new Map([
        ['user:ada', 'referrer'],
        ['user:ref0', 'referee'],
        ...['stranger', 'flat1', 'flat2', 'ref1', 'ref2', 'ref3', 'ref4', 'ref5'].map(
          (id) => [`user:${id}`, 'other'] as const,
        ),
      ]),
    );
    expect(node('RING')).toMatchObject({ kind: 'code', accounts: 6 });
    expect(graph.omitted).toBe(0);
  });

  test('a carrier is one node with its number of accounts, and its customers are not drawn', () => {
    const addresses = graph.nodes.filter(({ kind }) => kind === 'address').map(({ accounts }) => accounts);
    expect(addresses.sort((a, b) => a - b)).toEqual([3, 127]);
    const hub = graph.nodes.find(({ accounts }) => accounts === 127)?.id;
    const users = graph.edges.filter(({ target }) => target === hub).map(({ source }) => source);
    expect(users.sort()).toEqual(['user:ada', ...[0, 1, 2, 3, 4, 5].map((n) => `user:ref${n}`)]);
  });

  test('places have short labels and count their accounts', () => {
    const devices = graph.nodes.filter(({ kind }) => kind === 'device');
    expect(devices.map(({ accounts }) => accounts).sort((a, b) => a - b)).toEqual([1, 3]);
    for (const { label, id } of devices) {
      expect(label).toMatch(/^[0-9a-f]{4}…[0-9a-f]{2}$/);
      expect(id).toMatch(/^device:[0-9a-f]{64}$/);
    }
  });

  test('edges say who was seen where since when, who owns the code and who came through it', () => {
    const shared = graph.nodes.find(({ kind, accounts }) => kind === 'device' && accounts === 3)?.id;
    const seen = graph.edges.filter(({ target, kind }) => kind === 'seen' && target === shared);
    expect(Object.fromEntries(seen.map(({ source, at: since }) => [source, since]))).toEqual({
      'user:ada': at(2),
      'user:ref0': at(8 * 24 * 60 + 1),
      'user:stranger': at(4),
    });
    const code = node('RING')?.id;
    expect(graph.edges.filter(({ kind }) => kind === 'owns')).toEqual([
      { source: 'user:ada', target: code, kind: 'owns', at: at(1) },
    ]);
    const referred = graph.edges.filter(({ source, kind }) => kind === 'referred' && source === code);
    expect(referred.map(({ target }) => target).sort()).toEqual([0, 1, 2, 3, 4, 5].map((n) => `user:ref${n}`));
  });

  test('a user who was referred shows the band of that referral', () => {
    expect(node('Referee 0')?.band).toBe('critical');
    expect(node('Ada Ring')?.band).toBeNull();
  });
});

test('every graph of a demo programme hangs together, stays readable, and comes out the same twice', async () => {
  const demo = await migratedDatabase();
  try {
    await tellDemo(demo.pool, 800, NOW);
    const { rows } = await demo.pool.query<{ id: string }>('SELECT id FROM referrals.review_queue ORDER BY id');
    expect(rows.length).toBeGreaterThan(20);
    for (const { id } of rows) {
      const file = await readCase(demo.pool, id, NOW);
      const again = await readCase(demo.pool, id, NOW);
      const graph = egoGraph.parse(file?.graph);
      const ids = new Set(graph.nodes.map((one) => one.id));
      expect(graph).toEqual(again?.graph);
      expect(ids.size).toBe(graph.nodes.length);
      expect(graph.nodes.length).toBeLessThanOrEqual(MOST_NODES);
      expect(graph.edges.filter(({ source, target }) => !ids.has(source) || !ids.has(target))).toEqual([]);
      expect(new Set(graph.edges.map(({ source, target }) => `${source} ${target}`)).size).toBe(graph.edges.length);
      // Nobody floats: a node is drawn because of an edge.
      const joined = new Set(graph.edges.flatMap(({ source, target }) => [source, target]));
      expect(graph.nodes.filter((one) => !joined.has(one.id))).toEqual([]);
    }
  } finally {
    await demo.end();
  }
});

test('a crowd at one device is cut at what can be read, and the rest is counted', async () => {
  const crowd = await migratedDatabase();
  try {
    const story = ring();
    for (let n = 0; n < 75; n += 1) {
      story
        .user(at(10), `crowd${n}`, `Crowd ${n}`, `crowd${n}@crowd.example`)
        .seen(at(11), `crowd${n}`, `192.0.2.${n}`, SHARED_DEVICE);
    }
    await tell(crowd.pool, story.events, NOW);
    const { rows } = await crowd.pool.query<{ id: string }>(
      `SELECT q.id FROM referrals.review_queue q JOIN referrals.relationships r ON r.id = q.relationship_id WHERE r.referee_id = 'ref0'`,
    );
    const file = await readCase(crowd.pool, rows[0]?.id ?? '', NOW);
    expect(file?.graph.nodes).toHaveLength(MOST_NODES);
    const others = file?.graph.nodes.filter(({ kind, role }) => kind === 'user' && role === 'other').length ?? 0;
    // 75 of the crowd, the stranger, two flatmates and five of the burst.
    expect(others + (file?.graph.omitted ?? 0)).toBe(75 + 1 + 2 + 5);
  } finally {
    await crowd.end();
  }
});
