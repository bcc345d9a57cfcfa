import { join } from 'node:path';

export type Surroundings = {
  readonly env: { readonly [name: string]: string | undefined };
  readonly platform: string;
  /** The user's home folder. */
  readonly homeFolder: string;
  /** Null where the system has no user numbers. */
  readonly uid: number | null;
};

/**
 * The data folder that window, command line and workers of one user share. Root on Linux gets one outside /root,
 * because Postgres refuses to run as root and the account it then runs under cannot reach into /root.
 */
export function dataFolder({ env, platform, homeFolder, uid }: Surroundings): string {
  if (env['UMPIRE_HOME']) return env['UMPIRE_HOME'];
  switch (platform) {
    case 'darwin':
      return join(homeFolder, 'Library', 'Application Support', 'Umpire');
    case 'win32':
      return join(env['LOCALAPPDATA'] ?? join(homeFolder, 'AppData', 'Local'), 'Umpire');
    default:
      if (uid === 0) return '/var/lib/umpire';
      return join(env['XDG_DATA_HOME'] ?? join(homeFolder, '.local', 'share'), 'umpire');
  }
}
