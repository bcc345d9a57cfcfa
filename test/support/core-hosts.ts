import { readdirSync, readFileSync } from 'node:fs';

/** Processes that run the core host of a data folder. */
export function coreHosts(home: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const runsHost = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('core/host/main.js');
        return runsHost && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`UMPIRE_HOME=${home}\0`);
      } catch {
        // It ended while we looked.
        return false;
      }
    });
}
