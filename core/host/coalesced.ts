export type Coalesced = {
  /** Asks for a run: at once, or when the last one is long enough ago. */
  readonly soon: () => void;
  /** Nothing runs any more. */
  readonly stop: () => void;
};

/** Runs at once, and then at most once in so many milliseconds; the last of many asks is never lost. */
export function coalesced(milliseconds: number, run: () => void): Coalesced {
  let timer: NodeJS.Timeout | null = null;
  let isAsked = false;
  let isStopped = false;
  function go(): void {
    isAsked = false;
    timer = setTimeout(() => {
      timer = null;
      if (isAsked) go();
    }, milliseconds);
    run();
  }
  return {
    soon() {
      if (isStopped) return;
      if (timer === null) go();
      else isAsked = true;
    },
    stop() {
      isStopped = true;
      isAsked = false;
      if (timer !== null) clearTimeout(timer);
    },
  };
}
