import { useEffect, useState } from 'react';

function useClock(read: () => number, everyMs: number): number {
  const [now, setNow] = useState(read);
  useEffect(() => {
    const timer = setInterval(() => setNow(read()), everyMs);
    return () => clearInterval(timer);
  }, [read, everyMs]);
  return now;
}

const wallClock = () => Date.now();
const stopwatch = () => performance.now();

/** The clock, for ages and due times; ticks twice a minute. */
export function useNow(): number {
  return useClock(wallClock, 30_000);
}

/** The clock second by second, for what has just been and is about to be. */
export function useWallClock(): number {
  return useClock(wallClock, 1_000);
}

/** For counting down, second by second, on the clock of `performance.now()`, which nobody sets. */
export function useStopwatch(): number {
  return useClock(stopwatch, 1_000);
}
