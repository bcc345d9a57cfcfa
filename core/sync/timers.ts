/** Time as the machine sees it: spans only. What a wall clock says is shown and never decides anything. */
export type Timers = {
  /** Runs once after so many milliseconds; what is returned prevents it. */
  after(milliseconds: number, run: () => void): () => void;
};

export const systemTimers: Timers = {
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};
