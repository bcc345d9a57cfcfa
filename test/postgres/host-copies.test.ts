import { randomUUID } from 'node:crypto';
import { cp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openCache } from '../../core/cache/cache.ts';
import { queueFilter } from '../../core/contract/queue.ts';
import { cacheFolder } from '../../core/host/place.ts';
import { type AskForKey } from '../../core/host/key.ts';
import { decide } from '../../core/review/decide.ts';
import type { Pool } from '../../core/postgres/connection.ts';
import { changeRole } from '../../core/postgres/roles/accounts.ts';
import { giveTestKey, type TestHost, testHosts } from '../support/host.ts';
import { type Login, type Logins, loginsOf } from '../support/logins.ts';
import { type MigratedDatabase, migratedDatabase } from '../support/migrated.ts';
import { proxyTo } from '../support/proxy.ts';
import { until } from '../support/until.ts';
import { serverOf } from '../../core/sync/postgres/server.ts';
import { tellDemo } from '../support/story.ts';

const NOW = new Date('2026-03-01T20:00:00Z');
const KEY = '5e'.repeat(32);
const PAGE = { filter: queueFilter.parse({}), offset: 0, limit: 20 };

let db: MigratedDatabase;
let logins: Logins;
beforeAll(async () => {
  db = await migratedDatabase();
  await tellDemo(db.pool, 700, NOW);
  logins = loginsOf(db.database, db.pool);
});
afterAll(async () => {
  await logins.end();
  await db.end();
});

const hosts = testHosts();
const doors: (() => void)[] = [];
afterEach(async () => {
  await hosts.close();
  doors.splice(0).forEach((shut) => shut());
});

/** The same server and login at a port of its own. */
async function elsewhere({
  url,
}: Login): Promise<{ readonly url: string; readonly shut: () => void; readonly openAgain: () => Promise<void> }> {
  const door = await proxyTo(db.database.connection);
  doors.push(door.shut);
  return { url: door.through(url), shut: door.shut, openAgain: door.openAgain };
}

async function filled(opened: TestHost): Promise<TestHost> {
  await opened.settled();
  await until(async () => ((await opened.ask('sync.status', {})).pulledAt === null ? null : true));
  return opened;
}

/** Decides so many cases without a server, and ends. Returns the ids of the decisions. */
async function decidedOffline(
  home: string | undefined,
  { url, shut }: { readonly url: string; readonly shut: () => void },
  many: number,
): Promise<{ readonly home: string; readonly ids: readonly string[]; readonly items: readonly string[] }> {
  const opened = await filled(await hosts.open({ databaseUrl: url, ...(home === undefined ? {} : { home }) }));
  const { rows } = await opened.ask('queue.page', PAGE);
  shut();
  await until(async () => ((await opened.ask('sync.status', {})).link === 'offline' ? true : null));
  const made = rows
    .slice(0, many)
    .map(({ itemId, version }) => ({ itemId, expectedVersion: version, decisionId: randomUUID() }));
  expect(made).toHaveLength(many);
  for (const call of made) await opened.ask('case.decide', { ...call, decision: 'reject', reason: 'account_farm' });
  await opened.host.close();
  return { home: opened.home, ids: made.map(({ decisionId }) => decisionId), items: made.map(({ itemId }) => itemId) };
}

/** What waits in a copy goes to the server behind its back, so many; of the last the answer is lost. Returns their ids. */
async function deliveredBeside(home: string, url: string, pool: Pool, many: number): Promise<string[]> {
  const server = serverOf(pool);
  await server.hello();
  const cache = openCache({ folder: cacheFolder(home, url), key: KEY });
  const ids: string[] = [];
  while (ids.length < many) {
    const sent = cache.takeToSend(1);
    const answers = await server.push(sent);
    expect(answers).toMatchObject([{ outcome: 'applied' }]);
    ids.push(...sent.map(({ id }) => id));
    if (ids.length < many) cache.putAnswers(answers);
  }
  cache.close();
  return ids;
}

/** Two more pulls: behind each the server is asked whether it has what was answered before it. */
async function asksWhatIsThere({ ask }: TestHost): Promise<void> {
  for (let pull = 0; pull < 2; pull += 1) {
    const { pulledAt } = await ask('sync.status', {});
    await until(async () => {
      await ask('sync.now', {});
      return (await ask('sync.status', {})).pulledAt === pulledAt ? null : true;
    });
  }
}

async function statesIn({ ask }: TestHost): Promise<{ [state: string]: number }> {
  const states: { [state: string]: number } = {};
  for (const { state } of (await ask('sync.outbox', { offset: 0, limit: 20 })).rows) {
    states[state] = (states[state] ?? 0) + 1;
  }
  return states;
}

const onServer = async (ids: readonly string[]): Promise<number> =>
  (await db.pool.query('SELECT count(*)::int AS n FROM umpire.decisions WHERE decision_id = ANY ($1)', [ids])).rows[0]
    .n;

test('decisions that wait under another spelling of the address are taken over and sent, once, and the old copy goes', async () => {
  const login = await logins.add('analyst', 'traveller');
  const before = await elsewhere(login);
  const { home, ids, items } = await decidedOffline(undefined, before, 3);
  const old = cacheFolder(home, before.url);
  const owner = JSON.parse(await readFile(join(old, 'owner.json'), 'utf8'));
  expect(owner).toEqual({
    address: expect.stringMatching(/^127\.0\.0\.1:\d+\//),
    login: login.name,
    server: expect.stringMatching(/^\d+\/\d+\/\d+$/),
  });
  expect((await stat(join(old, 'owner.json'))).mode & 0o777).toBe(0o600);

  const after = await elsewhere(login);
  const opened = await filled(await hosts.open({ home, databaseUrl: after.url }));
  for (const id of ids) expect(await opened.delivered(id)).toMatchObject({ state: 'applied', decision: 'reject' });
  expect(await onServer(ids)).toBe(3);
  expect((await opened.ask('queue.page', PAGE)).rows.map(({ itemId }) => itemId)).not.toContain(items[0]);
  expect((await opened.ask('sync.settings', {})).others).toEqual([]);
  expect(await readdir(old)).toEqual(['lock']);
  expect(opened.log).toEqual([
    expect.stringContaining('3 operations of another copy of this login taken over; 0 left'),
  ]);
});

test('a login that was renamed keeps what it decided, and is told what became of it as before', async () => {
  const login = await logins.add('analyst', 'bride');
  const before = await elsewhere(login);
  const { home, ids } = await decidedOffline(undefined, before, 3);
  // Of the first the answer came; of the second it did not.
  const told = await deliveredBeside(home, before.url, login.pool, 2);
  expect(told).toEqual([ids[0], ids[1]]);
  const renamed = `${login.name}_renamed`;
  await db.pool.query(`ALTER ROLE "${login.name}" RENAME TO "${renamed}"`);
  try {
    // Its password went with its name where that is part of the hash; this one is not.
    const url = (await elsewhere(login)).url.replace(login.name, renamed);
    const opened = await filled(await hosts.open({ home, databaseUrl: url }));
    for (const id of ids) expect(await opened.delivered(id)).toMatchObject({ state: 'applied' });
    // Nothing comes back as if the server had lost it.
    await asksWhatIsThere(opened);
    expect(await statesIn(opened)).toEqual({ applied: 3 });
    await opened.host.close();
  } finally {
    await db.pool.query(`ALTER ROLE "${renamed}" RENAME TO "${login.name}"`);
  }
});

test('what was decided on a case that is deleted ends as it was: nothing was set back', async () => {
  const login = await logins.add('analyst', 'deleted');
  const before = await elsewhere(login);
  const { home, ids, items } = await decidedOffline(undefined, before, 3);
  await deliveredBeside(home, before.url, login.pool, 3);
  await db.pool.query(
    'DELETE FROM referrals.relationships WHERE id = (SELECT relationship_id FROM referrals.review_queue WHERE id = $1)',
    [items[0]],
  );
  expect(await onServer(ids)).toBe(2);
  await before.openAgain();
  const opened = await filled(await hosts.open({ home, databaseUrl: before.url }));
  for (const id of ids) await opened.delivered(id);
  await asksWhatIsThere(opened);
  expect(await statesIn(opened)).toEqual({ applied: 3 });
});

test('what was decided before a migration is looked at by the server as it is now', async () => {
  const login = await logins.add('analyst', 'early');
  const { home, ids } = await decidedOffline(undefined, await elsewhere(login), 1);
  await db.pool.query('UPDATE umpire.workspace SET epoch = gen_random_uuid()');
  const opened = await filled(await hosts.open({ home, databaseUrl: (await elsewhere(login)).url }));
  for (const id of ids) expect(await opened.delivered(id)).toMatchObject({ state: 'applied' });
  expect(await onServer(ids)).toBe(1);
});

test('cut off between copying and letting go, what was taken over is neither lost nor made twice', async () => {
  const login = await logins.add('analyst', 'stumbler');
  const before = await elsewhere(login);
  const { home, ids } = await decidedOffline(undefined, before, 2);
  const after = await elsewhere(login);
  // What a program leaves that was killed then: both have them.
  const there = openCache({ folder: cacheFolder(home, before.url), key: KEY });
  const here = openCache({ folder: cacheFolder(home, after.url), key: KEY });
  expect(here.adopt(there.operations())).toEqual(ids);
  there.close();
  here.close();
  const opened = await filled(await hosts.open({ home, databaseUrl: after.url }));
  for (const id of ids) expect(await opened.delivered(id)).toMatchObject({ state: 'applied' });
  await until(async () => (existsSync(join(cacheFolder(home, before.url), 'cache.db')) ? null : true));
  expect(await onServer(ids)).toBe(2);
  expect((await opened.ask('sync.outbox', { offset: 0, limit: 10 })).total).toBe(2);
});

test('what another login left on this computer is told with its number, and stays until somebody removes it', async () => {
  const [mira, noor] = [await logins.add('analyst', 'left'), await logins.add('analyst', 'came')];
  const before = await elsewhere(mira);
  const { home, ids } = await decidedOffline(undefined, before, 2);
  const opened = await filled(await hosts.open({ home, databaseUrl: noor.url }));
  const copy = basename(cacheFolder(home, before.url));
  const told = {
    copy,
    address: expect.stringMatching(/^127\.0\.0\.1:\d+\//),
    login: mira.name,
    undelivered: 2,
    unsettled: 0,
    why: null,
  };
  expect((await opened.ask('sync.settings', {})).others).toEqual([told]);
  // Contact with the same server changes nothing about it.
  await until(async () => {
    const owner = await readFile(join(cacheFolder(home, noor.url), 'owner.json'), 'utf8');
    return /"server":"/.test(owner) ? true : null;
  });
  expect((await opened.ask('sync.settings', {})).others).toEqual([told]);
  expect(await onServer(ids)).toBe(0);

  // Not what a program has open.
  const holder = openCache({ folder: cacheFolder(home, before.url), key: KEY });
  expect(await opened.call('sync.wipeOther', { copy })).toMatchObject({
    ok: false,
    error: { code: 'refused', message: /Another Umpire/ },
  });
  holder.close();
  expect(await opened.ask('sync.wipeOther', { copy })).toEqual({ removed: true });
  expect((await opened.ask('sync.settings', {})).others).toEqual([]);
  expect(await readdir(cacheFolder(home, before.url))).toEqual(['lock']);
});

test('a copy in which nothing waits is told too, and can be removed: nothing else would ever clear it', async () => {
  const login = await logins.add('analyst', 'mover');
  const before = await elsewhere(login);
  const first = await filled(await hosts.open({ databaseUrl: before.url }));
  await first.host.close();
  // As when the database was moved to another server since.
  const old = cacheFolder(first.home, before.url);
  const owner = await readFile(join(old, 'owner.json'), 'utf8');
  await writeFile(join(old, 'owner.json'), owner.replace(/"server":"[^"]*"/, '"server":"1/2/3"'));
  const opened = await filled(await hosts.open({ home: first.home, databaseUrl: (await elsewhere(login)).url }));
  const others = await until(async () => {
    const { others } = await opened.ask('sync.settings', {});
    return others.length > 0 ? others : null;
  });
  expect(others).toEqual([
    { copy: basename(old), address: expect.any(String), login: login.name, undelivered: 0, unsettled: 0, why: null },
  ]);
  expect(await opened.ask('sync.wipeOther', { copy: basename(old) })).toEqual({ removed: true });
  expect((await opened.ask('sync.settings', {})).others).toEqual([]);
  expect(await readdir(old)).toEqual(['lock']);
});

test('a copy that cannot be read is told as one, and one that another program has open is left alone', async () => {
  const [mira, noor] = [await logins.add('analyst', 'locked'), await logins.add('analyst', 'other')];
  const before = await elsewhere(mira);
  const { home } = await decidedOffline(undefined, before, 1);
  const copy = basename(cacheFolder(home, before.url));
  const withoutKey: AskForKey = async (cache, renew) =>
    cache === copy ? { state: 'lost', message: 'The keychain is locked.' } : giveTestKey(cache, renew);
  const opened = await filled(await hosts.open({ home, databaseUrl: noor.url, key: withoutKey }));
  expect((await opened.ask('sync.settings', {})).others).toEqual([
    {
      copy,
      address: expect.any(String),
      login: mira.name,
      undelivered: null,
      unsettled: null,
      why: 'The keychain is locked.',
    },
  ]);
  await opened.host.close();
  const holder = openCache({ folder: cacheFolder(home, before.url), key: KEY });
  const again = await filled(await hosts.open({ home, databaseUrl: noor.url }));
  expect((await again.ask('sync.settings', {})).others).toEqual([]);
  await again.host.close();
  expect(holder.counts().waiting).toBe(1);
  holder.close();
});

test('a copy to be taken over whose file is damaged is told as one, and stays to the byte', async () => {
  const login = await logins.add('analyst', 'damaged');
  const before = await elsewhere(login);
  const { home, ids } = await decidedOffline(undefined, before, 1);
  const file = join(cacheFolder(home, before.url), 'cache.db');
  const damaged = Buffer.alloc(4096, 'not a cache');
  await writeFile(file, damaged);
  await rm(`${file}-wal`, { force: true });
  const opened = await filled(await hosts.open({ home, databaseUrl: (await elsewhere(login)).url }));
  expect((await opened.ask('sync.settings', {})).others).toEqual([
    {
      copy: basename(cacheFolder(home, before.url)),
      address: expect.any(String),
      login: login.name,
      undelivered: null,
      unsettled: null,
      why: expect.stringMatching(
        /cannot be read: its key is another one, or the file is damaged\. Nothing was changed/,
      ),
    },
  ]);
  expect(await readFile(file)).toEqual(damaged);
  expect(await onServer(ids)).toBe(0);
});

test.each([
  { copy: 'a whole copy', seal: false },
  { copy: 'a copy that was sealed when the account was disabled', seal: true },
])('a server with the same identity that has not what $copy was told gets none of its decisions', async ({ seal }) => {
  const login = await logins.add('analyst', seal ? 'sealed' : 'staged');
  const before = await elsewhere(login);
  const { home, ids } = await decidedOffline(undefined, before, 1);
  // As the last pull of the original was: its log had gone on where that of the copied server has other entries.
  const there = openCache({ folder: cacheFolder(home, before.url), key: KEY });
  const { epoch, cursor } = there.position()!;
  const pull = there.beginPull();
  there.endPull(
    pull,
    {
      epoch,
      cursor: cursor.replace(/#\d+:[0-9a-f]{64}/, `#9999:${'ab'.repeat(32)}`),
      full: false,
      isSameHistory: true,
      claims: [],
      at: '2026-03-01T12:00:00.000Z',
      erased: [],
    },
    null,
  );
  if (seal) there.keepNotOver();
  there.close();
  const opened = await filled(await hosts.open({ home, databaseUrl: (await elsewhere(login)).url }));
  const others = await until(async () => {
    const { others } = await opened.ask('sync.settings', {});
    return others.some(({ why }) => why !== null) ? others : null;
  });
  expect(others).toMatchObject([{ undelivered: 1, why: /does not have what this copy was told/ }]);
  expect(await onServer(ids)).toBe(0);
});

test.each([
  { into: 'one that was never filled', isFilled: false },
  { into: 'one in which something waits too', isFilled: true },
])(
  'a sealed copy that is taken over into $into leaves everything expected on what was looked at',
  async ({ isFilled }) => {
    const login = await logins.add('analyst', isFilled ? 'sealed2' : 'sealed1');
    const before = await elsewhere(login);
    const first = await decidedOffline(undefined, before, 2);
    const there = openCache({ folder: cacheFolder(first.home, before.url), key: KEY });
    there.keepNotOver();
    there.close();
    const after = await elsewhere(login);
    let { home } = first;
    const ids = [...first.ids];
    if (isFilled) {
      const second = await decidedOffline(undefined, after, 1);
      // On the same case, the first of the queue: that of the other copy is left there until this one is sent.
      ids[0] = second.ids[0]!;
      home = second.home;
      await cp(cacheFolder(first.home, before.url), cacheFolder(home, before.url), { recursive: true });
      await after.openAgain();
    }
    const noor = await logins.add('analyst', isFilled ? 'noor2' : 'noor1');
    const calls = first.items.map((itemId) => ({ decisionId: randomUUID(), itemId }));
    await decide(
      noor.pool,
      calls.map((call) => ({ ...call, decision: 'escalate', reason: 'needs_lead' })),
    );
    const opened = await filled(await hosts.open({ home, databaseUrl: after.url }));
    for (const id of ids) expect(await opened.delivered(id)).toMatchObject({ state: 'conflict' });
  },
);

test('a case that was decided in both copies keeps the one that came first until it is sent', async () => {
  const login = await logins.add('analyst', 'twice');
  const before = await elsewhere(login);
  const first = await decidedOffline(undefined, before, 2);
  // Cut off at once, so that the second copy knows of no server but what it had.
  const after = await elsewhere(login);
  const there = openCache({ folder: cacheFolder(first.home, before.url), key: KEY });
  const operations = there.operations();
  there.close();
  const second = openCache({ folder: cacheFolder(first.home, after.url), key: KEY });
  const head = operations[0]!;
  second.adopt([{ ...head, id: randomUUID() }]);
  expect(second.adopt(operations)).toEqual([first.ids[1]]);
  expect(second.counts()).toMatchObject({ waiting: 2 });
  second.close();
  const opened = await filled(await hosts.open({ home: first.home, databaseUrl: after.url }));
  // It is sent in its turn, and the same had been decided.
  expect(await opened.delivered(first.ids[0]!)).toMatchObject({ state: 'agreed' });
});

test('what another program had open is taken over when that has closed it', async () => {
  const login = await logins.add('analyst', 'holder');
  const before = await elsewhere(login);
  const { home, ids, items } = await decidedOffline(undefined, before, 1);
  const holder = openCache({ folder: cacheFolder(home, before.url), key: KEY });
  const after = await elsewhere(login);
  const opened = await filled(await hosts.open({ home, databaseUrl: after.url }));
  await until(async () => {
    const owner = await readFile(join(cacheFolder(home, after.url), 'owner.json'), 'utf8');
    return /"server":"/.test(owner) ? true : null;
  });
  // Behind the look that found it in use.
  expect(await opened.call('sync.wipeOther', { copy: basename(cacheFolder(home, before.url)) })).toMatchObject({
    error: { message: expect.stringMatching(/Another Umpire/) },
  });
  holder.close();
  const { rows } = await opened.ask('queue.page', PAGE);
  const { itemId, version } = rows.find((row) => !items.includes(row.itemId))!;
  const call = { itemId, expectedVersion: version, decisionId: randomUUID() };
  await opened.ask('case.decide', { ...call, decision: 'reject', reason: 'account_farm' });
  expect(await opened.delivered(ids[0]!)).toMatchObject({ state: 'applied' });
});

test('a copy that was never filled is taken over by no server, and says so', async () => {
  const login = await logins.add('analyst', 'unfilled');
  const before = await elsewhere(login);
  const { home, ids } = await decidedOffline(undefined, before, 1);
  const folder = cacheFolder(home, before.url);
  const there = openCache({ folder, key: KEY });
  const operations = there.operations();
  const owner = await readFile(join(folder, 'owner.json'), 'utf8');
  there.remove();
  await writeFile(join(folder, 'owner.json'), owner);
  const unfilled = openCache({ folder, key: KEY });
  unfilled.adopt(operations);
  unfilled.close();
  const opened = await filled(await hosts.open({ home, databaseUrl: (await elsewhere(login)).url }));
  const others = await until(async () => {
    const { others } = await opened.ask('sync.settings', {});
    return others.some(({ why }) => why !== null) ? others : null;
  });
  expect(others).toMatchObject([{ undelivered: 1, why: expect.stringMatching(/never filled/) }]);
  expect(await onServer(ids)).toBe(0);
});

test('what cannot be taken over yet does not end the contact again and again', async () => {
  const login = await logins.add('analyst', 'looper');
  const before = await elsewhere(login);
  const first = await decidedOffline(undefined, before, 1);
  const after = await elsewhere(login);
  const there = openCache({ folder: cacheFolder(first.home, before.url), key: KEY });
  const here = openCache({ folder: cacheFolder(first.home, after.url), key: KEY });
  here.adopt(there.operations().map((operation) => ({ ...operation, id: randomUUID() })));
  there.close();
  here.close();
  // Of another epoch, and a role that sends nothing: what stands in the way stays there.
  await db.pool.query('UPDATE umpire.workspace SET epoch = gen_random_uuid()');
  await changeRole(db.pool, login.name, 'viewer', undefined);
  const opened = await filled(await hosts.open({ home: first.home, databaseUrl: after.url }));
  await until(async () => {
    const { others } = await opened.ask('sync.settings', {});
    return others.some(({ why }) => /taken over when/.test(why ?? '')) ? true : null;
  });
  await until(async () => {
    const { kept } = await opened.ask('sync.status', {});
    return kept.wanted > 0 && kept.present === kept.wanted ? true : null;
  });
  expect(opened.notices.filter((notice) => notice.kind === 'sync' && notice.status.link === 'offline')).toEqual([]);
});
