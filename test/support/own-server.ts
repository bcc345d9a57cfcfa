import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serverAccount } from '../../core/postgres/embedded/account.ts';
import { findPackage, usableBinaries } from '../../core/postgres/embedded/binaries.ts';
import { createCluster } from '../../core/postgres/embedded/cluster.ts';
import { prepareFolders } from '../../core/postgres/embedded/folders.ts';
import { layoutOf } from '../../core/postgres/embedded/layout.ts';
import { NAME, type Place } from '../../core/postgres/embedded/place.ts';
import { findPostmaster } from '../../core/postgres/embedded/postmaster.ts';
import { ensureRunning, stopServer } from '../../core/postgres/embedded/server.ts';
import type { Connection } from './postgres.ts';

/** A server of one's own, that may be stopped and killed. */
export type OwnServer = {
  readonly connection: Connection;
  /** In order, with every session ended. */
  stop(): Promise<void>;
  /** As a crash does: nothing is written that was not, and the next start recovers. */
  crash(): Promise<void>;
  start(): Promise<void>;
  /** Stops it and removes it. */
  end(): Promise<void>;
};

/** What its users wait for is on disk only as far as the test needs: the machine does not lose power. */
const SETTINGS = { fsync: 'off', full_page_writes: 'off', scram_iterations: '1', max_connections: '60' };

export async function ownServer(): Promise<OwnServer> {
  const home = await mkdtemp(join(tmpdir(), 'umpire-own-server-'));
  const layout = layoutOf(home);
  const account = await serverAccount(layout);
  await prepareFolders(layout, account);
  const binaries = await usableBinaries(await findPackage(), layout.binaries, account);
  const place: Place = { layout, account, binaries, password: 'test', overrides: SETTINGS };
  await createCluster(place, false);
  const endpoint = await ensureRunning(place);
  return {
    connection: { ...endpoint, user: NAME, password: place.password, database: 'postgres' },
    stop: () => stopServer(place),
    crash: async () => {
      const found = await findPostmaster(layout.data);
      if (found.state === 'alive') process.kill(found.pid, 'SIGQUIT');
    },
    start: async () => void (await ensureRunning(place)),
    end: async () => {
      await stopServer(place);
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
