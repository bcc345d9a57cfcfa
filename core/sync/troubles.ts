import { type Work, WORKS } from './steps.ts';

/** What the cache or the server would not do, though there is contact: all else goes on, and it is tried again by itself, seldom. */
export type Troubles = {
  has(work: Work): boolean;
  /** Of the most urgent, in words; null where there is none. */
  message(): string | null;
  /** It failed. Returns how often it has since it last succeeded, this time included. */
  add(work: Work, message: string): number;
  delete(work: Work): void;
  clear(): void;
};

export function noTroubles(): Troubles {
  const known = new Map<Work, { readonly message: string; readonly failures: number }>();
  return {
    has: (work) => known.has(work),
    message() {
      const [first] = WORKS.flatMap((work) => known.get(work)?.message ?? []);
      return first ?? null;
    },
    add(work, message) {
      const failures = (known.get(work)?.failures ?? 0) + 1;
      known.set(work, { message, failures });
      return failures;
    },
    delete: (work) => void known.delete(work),
    clear: () => known.clear(),
  };
}
