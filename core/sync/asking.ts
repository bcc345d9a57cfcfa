import { type Watched, withinLimit } from './limit.ts';
import { ServerFailure } from './ports.ts';
import type { Timers } from './timers.ts';

/** Tries of a call that the server is too busy for, and the longest time between the last two. */
const BUSY_TRIES = 5;
const BUSY_MS = 50;

/** One call to the server: given up where it says nothing for so many milliseconds, tried again at once where it is busy. */
export type Ask = <Value>(limitMs: number, call: (watched: Watched) => Promise<Value>) => Promise<Value>;

/** `signalNow`: what ends a call that is begun now. */
export function asking(timers: Timers, random: () => number, signalNow: () => AbortSignal): Ask {
  return async (limitMs, call) => {
    const signal = signalNow();
    for (let tries = 1; ; tries += 1) {
      try {
        return await withinLimit(timers, limitMs, signal, call);
      } catch (error) {
        const isBusy = error instanceof ServerFailure && error.kind === 'busy';
        if (!isBusy || tries === BUSY_TRIES || signal.aborted) throw error;
      }
      await new Promise<void>((resolve) => {
        timers.after(Math.round(BUSY_MS * tries * random()), resolve);
      });
    }
  };
}
