import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

const LARGEST_BYTES = 2_000_000;

/** Writes to `logs/umpire.log` of the data folder and to the terminal; the log before last is dropped. */
export function openLog(home: string): (line: string) => void {
  const folder = join(home, 'logs');
  const file = join(folder, 'umpire.log');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > LARGEST_BYTES)
    renameSync(file, join(folder, 'umpire.1.log'));
  // The terminal may be gone while the window is still open.
  process.stderr.on('error', () => {});
  return (line) => {
    appendFileSync(file, `${new Date().toISOString()} ${line}\n`, { mode: 0o600 });
    process.stderr.write(`${line}\n`);
  };
}
