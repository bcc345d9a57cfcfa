import { z } from 'zod';
import { describePattern } from '../engine/patterns/describe.ts';
import type { Words } from '../engine/signal.ts';
import { SIGNALS } from '../engine/signals/index.ts';

export const storedEvidence = z.object({ signal: z.string(), points: z.number().int(), evidence: z.json() });
export type StoredEvidence = z.infer<typeof storedEvidence>;

const facts = z.record(z.string(), z.unknown());
const PATTERN = 'pattern:';

/** What fired as a sentence, in the signal's own words; null for a signal that this version does not know. */
export function describeSignal({ signal, evidence }: StoredEvidence, words: Words): string | null {
  const matched = facts.safeParse(evidence);
  if (!matched.success) return null;
  if (signal.startsWith(PATTERN)) {
    const erased = matched.data['erased'] === true ? { patternValue: 'a value since erased' } : {};
    return describePattern({ ...matched.data, ...erased }, words);
  }
  return SIGNALS.find(({ name }) => name === signal)?.describe(matched.data, words) ?? null;
}
