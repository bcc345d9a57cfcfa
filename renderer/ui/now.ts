import { useEffect, useState } from 'react';
import { create } from 'zustand';

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

/** Milliseconds by which this computer's clock is ahead of the server's. */
const useAhead = create<{ readonly ms: number }>()(() => ({ ms: 0 }));

export function noteAhead(ms: number): void {
  useAhead.setState({ ms });
}

/** What the server's clock says now: what it told has its age and its due time by that, however this computer's is set. */
export function serverNow(): number {
  return wallClock() - useAhead.getState().ms;
}

/** The server's clock, for ages and due times; ticks twice a minute. */
export function useNow(): number {
  const ahead = useAhead(({ ms }) => ms);
  return useClock(wallClock, 30_000) - ahead;
}

/** This computer's clock second by second, for what has just been and is about to be. */
export function useWallClock(): number {
  return useClock(wallClock, 1_000);
}

/** For counting down, second by second, on the clock of `performance.now()`, which nobody sets. */
export function useStopwatch(): number {
  return useClock(stopwatch, 1_000);
}
