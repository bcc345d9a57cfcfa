/** Any fixed key and clock: a bench measures the same programme every time. */
export const BENCH_KEY = 'bench';
export const BENCH_NOW = new Date('2026-11-01T00:00:00Z');
export const BENCH_SEED = 7;
