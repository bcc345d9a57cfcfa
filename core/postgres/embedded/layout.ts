import { join, resolve } from 'node:path';

/** Where things lie in `home`. All of the server is below `home/postgres`; the rest of `home` belongs to others. */
export type Layout = ReturnType<typeof layoutOf>;

export function layoutOf(home: string) {
  const folder = join(resolve(home), 'postgres');
  return {
    home: resolve(home),
    folder,
    /** Held while the server is made, started or stopped. */
    gate: join(folder, 'gate.lock'),
    /** Shared by all programs that use the server. */
    holders: join(folder, 'holders.lock'),
    password: join(folder, 'password'),
    settings: join(folder, 'postgresql.conf'),
    access: join(folder, 'pg_hba.conf'),
    log: join(folder, 'server.log'),
    previousLog: join(folder, 'server.log.1'),
    /** Written by the account of the server, like `run`; everything else by the program. */
    cluster: join(folder, 'cluster'),
    data: join(folder, 'cluster', 'data'),
    /** What is below and starts so is left over from an unfinished first start. */
    unfinished: 'new-',
    run: join(folder, 'run'),
    binaries: join(folder, 'binaries'),
  } as const;
}
