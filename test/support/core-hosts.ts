import { readdirSync, readFileSync } from 'node:fs';

/** Processes that run the core host of a data folder. */
export function coreHosts(home: string): readonly number[] {
  return processesOf(home).filter((pid) => read(pid, 'cmdline').includes('core/host/main.js'));
}

/** Every process of the program with this data folder: main, its core host and Chromium's. */
export function processesOf(home: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => `\0${read(pid, 'environ')}`.includes(`\0UMPIRE_HOME=${home}\0`));
}

/** Empty where it ended while we looked, and of one that is dead and only not buried. */
function read(pid: number, what: 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'utf8');
  } catch {
    return '';
  }
}
