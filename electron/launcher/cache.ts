import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where downloads live that any clone of the project can use again. */
export function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'umpire');
}
