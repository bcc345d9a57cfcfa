import { ServerFailure } from './ports.ts';
import type { Timers } from './timers.ts';

export type Watched = {
  /** The server showed a sign of life: the limit counts from now again. */
  renew(): void;
  /** The call was given up: what it still brings is nobody's. */
  isOver(): boolean;
};

/**
 * Gives a call up that says nothing for so long, or when `signal` says so: it rejects then as a link that failed, since whether it
 * had effect is not known, and whatever it answers later is dropped. A ServerFailure that the signal gives as its reason is why.
 */
export function withinLimit<Value>(
  timers: Timers,
  milliseconds: number,
  signal: AbortSignal,
  call: (watched: Watched) => Promise<Value>,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    let cancel = (): void => undefined;
    const settle = (how: () => void): void => {
      if (isOver) return;
      isOver = true;
      cancel();
      signal.removeEventListener('abort', stopped);
      how();
    };
    const stopped = (): void => {
      const why: unknown = signal.reason;
      const closed = (): ServerFailure => new ServerFailure('link', 'Umpire was closed before the server answered.');
      settle(() => reject(why instanceof ServerFailure ? why : closed()));
    };
    const renew = (): void => {
      if (isOver) return;
      cancel();
      const words = `The server did not answer for ${Math.round(milliseconds / 1000)} s.`;
      cancel = timers.after(milliseconds, () => settle(() => reject(new ServerFailure('link', words))));
    };
    if (signal.aborted) {
      stopped();
      return;
    }
    signal.addEventListener('abort', stopped);
    renew();
    call({ renew, isOver: () => isOver }).then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error instanceof Error ? error : new Error(String(error)))),
    );
  });
}
