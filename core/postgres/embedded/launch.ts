import { spawn } from 'node:child_process';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from './error.ts';
import { keepPrivate, putFile } from './folders.ts';
import type { Place } from './place.ts';
import { as, serverEnvironment } from './run.ts';
import { ACCESS_FILE, chooseEndpoint, serverSettings, settingsFile } from './settings.ts';

export type Launched = {
  /** True once the process has ended, which before the server is ready means that it failed. */
  ended(): boolean;
};

/**
 * Starts the server in a session of its own: Ctrl-C in the terminal of the program does not reach it, and it outlives the
 * program. Its output goes to a new log; the one before is kept. Only behind the gate, and only while no server runs.
 */
export async function launch(place: Place): Promise<Launched> {
  const { layout, account, binaries } = place;
  const endpoint = await chooseEndpoint(layout.run);
  const settings = { ...(await serverSettings(endpoint)), ...place.overrides };
  // Outside of the data folder: as root we do not write where another account could have put a link.
  const mode = account === null || account.ownsHome ? 0o600 : 0o644;
  await putFile(layout.settings, settingsFile(settings), mode, account);
  await putFile(layout.access, ACCESS_FILE, mode, account);
  await rename(layout.log, layout.previousLog).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
  });
  const log = await open(layout.log, 'a', 0o600);
  try {
    await keepPrivate(layout.log, account);
    return process.platform === 'win32' ? launchWithControl(place) : launchDetached(place, log.fd, binaries.bin);
  } finally {
    await log.close();
  }
}

function launchDetached(place: Place, log: number, bin: string): Launched {
  const { layout, account } = place;
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', layout.data, '-c', `config_file=${layout.settings}`, '-c', `hba_file=${layout.access}`],
    {
      cwd: layout.cluster,
      env: serverEnvironment(),
      detached: true,
      stdio: ['ignore', log, log],
      ...as(account),
    },
  );
  let ended = false;
  server.on('exit', () => (ended = true));
  server.on('error', () => (ended = true));
  server.unref();
  return { ended: () => ended };
}

/** On Windows pg_ctl gives up the rights of an administrator, with which Postgres does not run. */
function launchWithControl(place: Place): Launched {
  const { layout, binaries } = place;
  const options = `-c config_file="${layout.settings}" -c hba_file="${layout.access}"`;
  const control = spawn(
    join(binaries.bin, 'pg_ctl'),
    ['start', '-W', '-s', '-D', layout.data, '-l', layout.log, '-o', options],
    { env: serverEnvironment(), detached: true, stdio: 'ignore', windowsHide: true },
  );
  let failed = false;
  control.on('exit', (code) => (failed = code !== 0));
  control.on('error', () => (failed = true));
  control.unref();
  return { ended: () => failed };
}

/** The last lines of the log; it holds no personal data (see serverSettings). */
export async function logTail(place: Place): Promise<string> {
  const text = await readFile(place.layout.log, 'utf8').catch(() => '');
  return text.slice(-4_000);
}
