import { nextWork, type Phase, type Work } from './steps.ts';
import type { Timers } from './timers.ts';

/** What is due, what will be, and the sleep until then. */
export type Agenda = {
  /** Due from now on: wakes who is idle. */
  want(work: Work): void;
  /** Due after so long, unless it is wanted before. */
  wantIn(milliseconds: number, work: Work): void;
  done(work: Work): void;
  next(isSameEpoch: boolean): Extract<Phase, { at: 'work' | 'idle' }>;
  /** Until something is wanted. */
  idle(): Promise<void>;
  /** So long, whatever is wanted meanwhile; null: for good. Only `hurry` ends it before. */
  rest(milliseconds: number | null): Promise<void>;
  /** Ends the rest, or leaves out the one that would come next. */
  hurry(): void;
  /** Ends whatever sleeps, for good, and cancels what will be due. */
  close(): void;
};

export function agendaOf(timers: Timers): Agenda {
  const due = new Set<Work>();
  const later = new Map<Work, () => void>();
  let sleep: { readonly isRest: boolean; readonly end: () => void } | null = null;
  let isHurried = false;
  let isClosed = false;

  function cancel(work: Work): void {
    later.get(work)?.();
    later.delete(work);
  }

  function want(work: Work): void {
    cancel(work);
    due.add(work);
    if (sleep?.isRest === false) sleep.end();
  }

  function fallAsleep(isRest: boolean, milliseconds: number | null): Promise<void> {
    if (isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      let stop = (): void => undefined;
      const own = {
        isRest,
        end: () => {
          if (sleep === own) sleep = null;
          stop();
          resolve();
        },
      };
      sleep = own;
      if (milliseconds !== null) stop = timers.after(milliseconds, own.end);
    });
  }

  return {
    want,
    wantIn(milliseconds, work) {
      cancel(work);
      if (isClosed) return;
      later.set(
        work,
        timers.after(milliseconds, () => want(work)),
      );
    },
    done: (work) => void due.delete(work),
    next: (isSameEpoch) => nextWork(due, isSameEpoch),
    idle: () => fallAsleep(false, null),
    async rest(milliseconds) {
      if (!isHurried) await fallAsleep(true, milliseconds);
      isHurried = false;
    },
    hurry() {
      if (sleep?.isRest === true) sleep.end();
      else isHurried = true;
    },
    close() {
      isClosed = true;
      for (const work of later.keys()) cancel(work);
      sleep?.end();
    },
  };
}
