import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { asFolderError, codeOf, WorkspaceError } from './error.ts';
import { launch, logTail, type Launched } from './launch.ts';
import { NAME, type Place } from './place.ts';
import { findPostmaster, isPostmaster, type Endpoint } from './postmaster.ts';
import { run } from './run.ts';
import { SOCKET } from './settings.ts';

/** Recovery after a crash replays what is not yet in the tables, which takes its time. */
const START_LIMIT_MS = 300_000;
/** How long a server that says that it is ready may refuse before it is replaced. */
const DEAF_LIMIT_MS = 10_000;
/** How long to try again when a start fails for a reason that ends by itself. */
const PASSING_LIMIT_MS = 30_000;
const RECOVERY_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 20_000;
const QUIT_LIMIT_MS = 15_000;
const ATTEMPTS = 3;
const PAUSE_MS = 10;

/** Joins the server if it runs, starts it otherwise, and returns once it answers. Only behind the gate. */
export async function ensureRunning(place: Place, onStep?: (step: string) => void): Promise<Endpoint> {
  const { layout } = place;
  const limit = Date.now() + START_LIMIT_MS;
  let launched: Launched | null = null;
  let deafSince: number | null = null;
  let failingSince: number | null = null;
  for (; Date.now() < limit; await delay(PAUSE_MS)) {
    const found = await findPostmaster(layout.data);
    if (found.state === 'alive') {
      if (found.status !== 'ready' || found.endpoint === null) continue;
      const answer = await ask(place, found.endpoint);
      if (answer === 'ready') return found.endpoint;
      if (answer === 'busy') continue;
      deafSince ??= Date.now();
      if (Date.now() - deafSince < DEAF_LIMIT_MS) continue;
      // Its socket was removed, for instance.
      await stopServer(place);
      launched = null;
      deafSince = null;
    } else if (launched === null) {
      if (found.state === 'unclear') continue;
      if (found.state === 'stale') await removeStale(place);
      onStep?.('Starting PostgreSQL');
      launched = await launch(place);
    } else if (launched.ended()) {
      const log = await logTail(place);
      failingSince ??= Date.now();
      if (!isPassing(log) || Date.now() - failingSince > PASSING_LIMIT_MS) throw startFailed(place, log);
      launched = null;
      await delay(100);
    }
  }
  throw startFailed(place, await logTail(place));
}

/**
 * What a start can fail with that ends by itself: the rest of a killed server still going down, a port just taken, or the
 * new server killed in its turn, which leaves no reason in the log.
 */
function isPassing(log: string): boolean {
  if (/LOG:/.test(log) && !/FATAL|PANIC/.test(log)) return true;
  return /pre-existing shared memory block|lock file "[^"]*" already exists|could not bind|is another postmaster/i.test(
    log,
  );
}

function startFailed(place: Place, log: string): WorkspaceError {
  const { layout } = place;
  const reason = log.split('\n').findLast((line) => /FATAL|PANIC/.test(line)) ?? log.trim().split('\n').at(-1) ?? '';
  return (
    asFolderError(reason, layout.home) ??
    new WorkspaceError(
      'start_failed',
      `PostgreSQL does not start in ${layout.home}: ${reason || 'it says nothing'}. The data was left as it is. ` +
        `The whole log is ${layout.log}. Try again; if it stays so, keep a copy of ${layout.data} before anything else.`,
    )
  );
}

/**
 * Postgres itself takes any living process with the number in the file for a server. We know better (findPostmaster), and
 * nobody else starts one, because we hold the gate. Its check of shared memory still protects the data.
 */
async function removeStale(place: Place): Promise<void> {
  await rm(join(place.layout.data, 'postmaster.pid'), { force: true });
  await rm(join(place.layout.run, `${SOCKET}.lock`), { force: true });
}

/** Whether the server takes our login: busy while it starts, stops, or ends our session because another one crashed. */
async function ask(place: Place, endpoint: Endpoint): Promise<'ready' | 'busy' | 'deaf'> {
  const client = clientTo(place, endpoint, 'postgres');
  try {
    await client.connect();
    await client.end();
    return 'ready';
  } catch (error) {
    const code = codeOf(error);
    // Too many connections, so it runs.
    if (code === '53300') return 'ready';
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return 'deaf';
    if (code !== '28P01' && code !== '28000') return 'busy';
    throw new WorkspaceError(
      'password',
      `The workspace in ${place.layout.home} does not take the password in ${place.layout.password}. ` +
        'The data is safe and was not changed. Put back the password file that belongs to it.',
      error,
    );
  }
}

/** Starts or joins the server, and makes the database `umpire` if it is not there yet. Only behind the gate. */
export async function ensureDatabase(place: Place, onStep?: (step: string) => void): Promise<Endpoint> {
  for (let attempt = 1; ; attempt += 1) {
    const endpoint = await ensureRunning(place, onStep);
    try {
      await createDatabase(place, endpoint);
      return endpoint;
    } catch (error) {
      // The server was killed in between, for instance, or it ended all sessions because one crashed.
      if (attempt === ATTEMPTS || asFolderError(error, place.layout.home) !== undefined) throw error;
    }
  }
}

async function createDatabase(place: Place, endpoint: Endpoint): Promise<void> {
  const client = clientTo(place, endpoint, 'postgres');
  await client.connect();
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [NAME]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${NAME}`);
  } finally {
    await client.end();
  }
}

function clientTo(place: Place, endpoint: Endpoint, database: string): Client {
  const client = new Client({
    ...endpoint,
    user: NAME,
    password: place.password,
    database,
    application_name: 'umpire-start',
    connectionTimeoutMillis: 10_000,
  });
  // A server that ends under us is seen by the statement that fails, not as an exception of the program.
  client.on('error', () => undefined);
  return client;
}

/** Ends all sessions and stops the server, with everything committed on disk. Only behind the gate. */
export async function stopServer(place: Place): Promise<void> {
  const { layout } = place;
  const found = await findPostmaster(layout.data);
  if (found.state !== 'alive') return;
  const gone = async () => !(await isPostmaster(found.pid, layout.data));
  // PostgreSQL 18 hangs when it is asked to stop while it recovers from a crash of one of its sessions.
  await until(async () => (await gone()) || !(await isRecovering(place, found.endpoint)), RECOVERY_LIMIT_MS);
  if (process.platform === 'win32') {
    await run(join(place.binaries.bin, 'pg_ctl'), ['stop', '-m', 'fast', '-w', '-t', '60', '-D', layout.data]);
  } else {
    // What `pg_ctl stop -m fast` does, without its pauses of 0.1 s.
    signal(found.pid, 'SIGINT');
  }
  if (await until(gone, STOP_LIMIT_MS)) return;
  // As safe as a power cut: the next start replays what was committed.
  signal(found.pid, 'SIGQUIT');
  if (await until(gone, QUIT_LIMIT_MS)) return;
  throw new WorkspaceError(
    'stop_failed',
    `The server of the workspace in ${layout.home} (process ${found.pid}) does not stop. The data is safe: ` +
      'the next start of Umpire uses it as it is.',
  );
}

async function isRecovering(place: Place, endpoint: Endpoint | null): Promise<boolean> {
  // Whatever else there is to say about it, it is not a reason to leave it running.
  return endpoint !== null && (await ask(place, endpoint).catch(() => 'ready')) === 'busy';
}

/** Whether it came true within the limit. */
async function until(holds: () => Promise<boolean>, limitMs: number): Promise<boolean> {
  for (const limit = Date.now() + limitMs; Date.now() < limit; await delay(PAUSE_MS)) if (await holds()) return true;
  return false;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It ended in the meantime.
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}
