import type { Cache } from '../cache/cache.ts';

/** The server's time as this computer knows it: what the server will refuse as late, or shows as over, is not told by a clock that may be days off. */
export type ServerClock = {
  /** Never earlier or later than the server's by more than the last pull took, as long as nobody sets the clock of this computer. */
  readonly now: () => Date;
  /** Milliseconds by which this computer's clock is ahead; changes of less than a second are not told. */
  readonly ahead: () => number;
  /** What the server's clock said just now. */
  readonly learn: (at: string) => void;
};

const AHEAD = 'clockAhead';
/** A difference that is worth a write. */
const WORTH_MS = 1000;

/**
 * This computer's clock, set right by what the server says; for a start without contact the difference is kept in the cache. It counts on
 * through a sleep of the computer, and orders nothing.
 */
export function serverClock(clock: () => Date, { recall, remember }: Pick<Cache, 'recall' | 'remember'>): ServerClock {
  let kept = Number(recall(AHEAD) ?? '0');
  let ahead = kept;
  return {
    now: () => new Date(clock().getTime() - ahead),
    ahead: () => kept,
    learn(at) {
      ahead = clock().getTime() - Date.parse(at);
      if (Math.abs(ahead - kept) < WORTH_MS) return;
      kept = ahead;
      remember(AHEAD, String(ahead));
    },
  };
}
