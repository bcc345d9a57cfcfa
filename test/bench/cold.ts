import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cache, openCache } from '../../core/cache/cache.ts';
import { queueFilter } from '../../core/contract/queue.ts';
import type { WorkspaceStatus } from '../../core/contract/workspace.ts';
import { cacheFolder } from '../../core/host/place.ts';
import { headOf, keptFacts, NO_NEWS } from '../support/cache.ts';
import { CHILD_KEY, startHostChild } from '../support/host-child.ts';
import { below, type Figure, figure } from './figure.ts';
import type { ProgrammeOptions } from './programme.ts';

/** Two items a referral: 100,000 of 50,000. */
const ITEMS = 2;
const PAGE = 2000;
const KEPT = 5000;
/** Of a case on disk. */
const FACTS = JSON.stringify({ text: Array.from({ length: 400 }, (_, number) => `fact ${number * 7919}`) });
/** Nobody listens there: the start is the cache's alone. */
const NO_SERVER = 'postgresql://analyst:none@127.0.0.1:1/nowhere';

const READY: WorkspaceStatus = {
  state: 'ready',
  label: '127.0.0.1/nowhere',
  demo: false,
  mode: 'programme',
  analyst: 'analyst',
  role: 'analyst',
  may: { decide: true, lead: false },
  undoMinutes: 10,
  ruleSetVersion: 1,
  decisionsLastHour: 0,
};

/** From the start of the host's process to the first page of the queue, without a server. */
export async function measureCold(_url: string, { referrals, rounds, say }: ProgrammeOptions): Promise<Figure[]> {
  const items = referrals * ITEMS;
  const home = await mkdtemp(join(tmpdir(), 'umpire-bench-cold-'));
  try {
    say(`caching ${items} items`);
    const cache = openCache({ folder: cacheFolder(home, NO_SERVER), key: CHILD_KEY });
    fill(cache, items);
    cache.close();
    const started: number[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      say(`cold start, round ${round}`);
      const seconds = await coldStart(home, items);
      // The first one compiles, which an installation does once.
      if (round > 0) started.push(seconds);
    }
    return [figure(`start of the host to the first page of ${items} cached items`, 's', started, below(1.5))];
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

function fill(cache: Cache, items: number): void {
  const pull = cache.beginPull();
  for (let from = 0; from < items; from += PAGE) {
    const heads = Array.from({ length: Math.min(PAGE, items - from) }, (_, number) => headOf(from + number));
    cache.putPage(pull, { heads, gone: [], done: from + heads.length, total: items });
  }
  cache.endPull(pull, { epoch: 'bench', cursor: 'bench', full: true, ...NO_NEWS }, null);
  const wanted = cache.factsWanted(KEPT);
  cache.putFacts(wanted.map((itemId) => keptFacts(itemId, 's1', FACTS)));
  cache.remember('status', JSON.stringify(READY));
}

async function coldStart(home: string, items: number): Promise<number> {
  const start = performance.now();
  const host = startHostChild(home, NO_SERVER);
  try {
    await new Promise<void>((resolve) =>
      host.subscribe((notice) => {
        if (notice.kind === 'workspace' && notice.status.state === 'ready') resolve();
      }),
    );
    const page = await host.call('queue.page', { filter: queueFilter.parse({}), offset: 0, limit: 100 });
    if (page?.total !== items) throw new Error(`${page?.total ?? 'no'} items instead of ${items}`);
    return (performance.now() - start) / 1000;
  } finally {
    await host.stop();
  }
}
