/**
 * The test server's keeper, a process of its own: it starts a throwaway server, writes its URL to standard output, and
 * stops and removes it when standard input ends, which is when the test run ends, in whatever way.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serverAccount } from '../../core/postgres/embedded/account.ts';
import { findPackage, usableBinaries } from '../../core/postgres/embedded/binaries.ts';
import { createCluster } from '../../core/postgres/embedded/cluster.ts';
import { prepareFolders } from '../../core/postgres/embedded/folders.ts';
import { layoutOf } from '../../core/postgres/embedded/layout.ts';
import { NAME, type Place } from '../../core/postgres/embedded/place.ts';
import { ensureRunning, stopServer } from '../../core/postgres/embedded/server.ts';
import { urlOf } from './postgres.ts';

/** Nothing here outlives the run, so nothing waits for the disk. */
const THROWN_AWAY = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  scram_iterations: '1',
  max_connections: '200',
  max_wal_size: '4GB',
  checkpoint_timeout: '1h',
  // A failing test is easier to understand with what the server said; there is no real person in test data.
  log_min_messages: 'warning',
  log_min_error_statement: 'error',
  log_error_verbosity: 'default',
};

const ended = new Promise((resolve) => {
  process.stdin.on('end', resolve).on('error', resolve).resume();
});
const home = await mkdtemp(join(tmpdir(), 'umpire-test-server-'));
try {
  const layout = layoutOf(home);
  const account = await serverAccount(layout);
  await prepareFolders(layout, account);
  const binaries = await usableBinaries(await findPackage(), layout.binaries, account);
  const place: Place = { layout, account, binaries, password: 'test', overrides: THROWN_AWAY };
  await createCluster(place, false);
  const endpoint = await ensureRunning(place);
  try {
    process.stdout.write(`${urlOf({ ...endpoint, user: NAME, password: place.password, database: 'postgres' })}\n`);
    await ended;
  } finally {
    await stopServer(place);
  }
} finally {
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
}
