import { setTimeout as pause } from 'node:timers/promises';

/** What the work says, or null where it has not said it after so many milliseconds; it goes on by itself then. Its failure passes. */
export async function within<Value>(milliseconds: number, work: Promise<Value>): Promise<Value | null> {
  const over = new AbortController();
  // One that fails after its time has nobody to tell.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, pause(milliseconds, null, { signal: over.signal })]);
  } finally {
    over.abort();
  }
}
