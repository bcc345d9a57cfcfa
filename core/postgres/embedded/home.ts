import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';

/**
 * The data folder of this user, absolute: `UMPIRE_HOME`, or the place that the system provides for it. As root on
 * Linux it is /var/lib/umpire: the server cannot run as root, and another account cannot reach /root.
 */
export function defaultHome(env: NodeJS.ProcessEnv, platform: NodeJS.Platform, uid: number | undefined): string {
  const path = platform === 'win32' ? win32 : posix;
  const chosen = env['UMPIRE_HOME'];
  if (chosen) return path.resolve(chosen);
  if (platform === 'win32') {
    const local = env['LOCALAPPDATA'] || path.join(env['USERPROFILE'] || homedir(), 'AppData', 'Local');
    return path.join(local, 'Umpire');
  }
  if (platform === 'darwin') return path.join(env['HOME'] || homedir(), 'Library', 'Application Support', 'Umpire');
  if (uid === 0) return '/var/lib/umpire';
  // The XDG specification says that a relative path there is to be ignored.
  const data = env['XDG_DATA_HOME'];
  return path.join(data?.startsWith('/') ? data : path.join(env['HOME'] || homedir(), '.local', 'share'), 'umpire');
}
