import { type Watched, withinLimit } from './limit.ts';
import { ServerFailure } from './ports.ts';
import type { Timers } from './timers.ts';

/** Tries of a call that the server is too busy for, and the longest time between the last two. */
const BUSY_TRIES = 5;
const BUSY_MS = 50;

/** One call to the server: given up where it says nothing for so many milliseconds, tried again at once where it is busy. */
export type Ask = <Value>(limitMs: number, call: (watched: Watched) => Promise<Value>) => Promise<Value>;

export type Asking = {
  readonly ask: Ask;
  /** What is asked from now on waits in another contact. */
  readonly anew: () => void;
  /** Gives up, for this reason, what waits in the contact of now. */
  readonly giveUp: (why: ServerFailure) => void;
};

/** `random` is in [0, 1). When `over` says so whatever waits is given up, and so is what is asked after that. */
export function asking(timers: Timers, random: () => number, over: AbortSignal): Asking {
  let contact = new AbortController();
  let reach = AbortSignal.any([over, contact.signal]);
  const ask: Ask = async (limitMs, call) => {
    const signal = reach;
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
  return {
    ask,
    anew() {
      contact = new AbortController();
      reach = AbortSignal.any([over, contact.signal]);
    },
    giveUp: (why) => contact.abort(why),
  };
}
