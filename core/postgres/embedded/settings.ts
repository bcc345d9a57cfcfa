import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Endpoint } from './postmaster.ts';

export type Settings = Readonly<Record<string, string>>;

/** Our socket and its lock have the `run` folder to themselves, so the number clashes with nobody's. */
const SOCKET_PORT = 5432;
export const SOCKET = `.s.PGSQL.${SOCKET_PORT}`;

/** Bytes of a socket's path that every system takes (104 with the final zero on macOS, 108 on Linux). */
const SOCKET_PATH_LIMIT = 100;

/** The Unix socket in `run` where there is one and its path is short enough, otherwise a loopback port that is free now. */
export async function chooseEndpoint(run: string): Promise<Endpoint> {
  const socket = join(run, SOCKET);
  if (process.platform !== 'win32' && Buffer.byteLength(socket) < SOCKET_PATH_LIMIT) {
    return { host: run, port: SOCKET_PORT };
  }
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const probe = createServer();
  probe.on('error', reject);
  probe.listen(0, '127.0.0.1', () => {
    const address = probe.address();
    probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
  });
  return { host: '127.0.0.1', port: await promise };
}

/** Whether `host` is a folder with a socket rather than an address. */
export function isSocket(host: string): boolean {
  return host.startsWith('/');
}

/**
 * The server's settings. No statement, parameter or value of a row reaches the log, and so no personal data: errors of
 * sessions are not logged at all (they go to the client), and `terse` keeps statements out of what is said about a crash.
 */
export async function serverSettings(endpoint: Endpoint): Promise<Settings> {
  const unix = process.platform !== 'win32';
  return {
    listen_addresses: isSocket(endpoint.host) ? '' : endpoint.host,
    port: String(endpoint.port),
    unix_socket_directories: isSocket(endpoint.host) ? `"${endpoint.host}"` : '',
    ...(unix ? { unix_socket_permissions: '0700' } : {}),
    max_connections: '100',
    password_encryption: 'scram-sha-256',

    shared_buffers: '192MB',
    work_mem: '16MB',
    maintenance_work_mem: '128MB',
    huge_pages: 'off',
    jit: 'off',
    dynamic_shared_memory_type: await sharedMemory(),

    // There is no standby. A table filled in the transaction that made it then needs no log of its rows.
    wal_level: 'minimal',
    max_wal_senders: '0',
    max_logical_replication_workers: '0',
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',

    // A program that was killed must not leave a statement running that holds its locks.
    ...(process.platform === 'linux' || process.platform === 'darwin'
      ? { client_connection_check_interval: '5s' }
      : {}),

    timezone: 'UTC',
    log_timezone: 'UTC',
    datestyle: 'iso, ymd',
    lc_messages: 'C',
    default_text_search_config: 'pg_catalog.simple',

    log_destination: 'stderr',
    logging_collector: 'off',
    log_line_prefix: '%m [%p] ',
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_statement: 'none',
    log_min_duration_statement: '-1',
    log_parameter_max_length: '0',
    log_parameter_max_length_on_error: '0',
    log_checkpoints: 'off',
    log_autovacuum_min_duration: '-1',
    cluster_name: 'umpire',
  };
}

/** In a container /dev/shm often has 64 MB, which one parallel query can exceed; files are slower, but do not fail. */
async function sharedMemory(): Promise<string> {
  if (process.platform === 'win32') return 'windows';
  if (process.platform !== 'linux') return 'posix';
  const memory = await statfs('/dev/shm').catch(() => null);
  return memory !== null && memory.bavail * memory.bsize >= 512 * 1024 * 1024 ? 'posix' : 'mmap';
}

/** The text of postgresql.conf. */
export function settingsFile(settings: Settings): string {
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`);
  return `# Written by Umpire at every start of the server; changes made here are lost.\n${lines.join('\n')}\n`;
}

/** pg_hba.conf: a password from everybody, and nobody from another machine. */
export const ACCESS_FILE = `# Written by Umpire at every start of the server; changes made here are lost.
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
host all all ::1/128 scram-sha-256
`;
