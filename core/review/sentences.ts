import { z } from 'zod';
import { PATTERN_TYPES } from '../domain/vocabulary.ts';
import type { Words } from '../engine/signal.ts';
import { SIGNALS } from '../engine/signals/index.ts';
import { type Queryable, rows } from '../postgres/rows.ts';

export const storedEvidence = z.object({ signal: z.string(), points: z.number().int(), evidence: z.json() });
export type StoredEvidence = z.infer<typeof storedEvidence>;

const facts = z.record(z.string(), z.unknown());
const pattern = z.object({
  id: z.string(),
  type: z.enum(PATTERN_TYPES),
  value: z.string(),
  description: z.string().nullable(),
});
type Pattern = z.infer<typeof pattern>;

const PATTERN = 'pattern:';

/** One sentence for each signal, by its name: a signal's own words, a pattern by what it looks for. */
export async function describeSignals(
  db: Queryable,
  evidence: readonly StoredEvidence[],
  words: Words,
): Promise<ReadonlyMap<string, string>> {
  const patterns = await readPatterns(
    db,
    evidence.flatMap(({ signal }) => (signal.startsWith(PATTERN) ? signal.slice(PATTERN.length) : [])),
  );
  const sentences = new Map<string, string>();
  for (const fired of evidence) {
    const known = SIGNALS.find(({ name }) => name === fired.signal);
    const matched = facts.safeParse(fired.evidence);
    const looked = patterns.get(fired.signal);
    if (known !== undefined && matched.success) sentences.set(fired.signal, known.describe(matched.data, words));
    else if (looked !== undefined) sentences.set(fired.signal, patternSentence(looked));
  }
  return sentences;
}

async function readPatterns(db: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, Pattern>> {
  if (ids.length === 0) return new Map();
  const found = await rows(
    db,
    pattern,
    `SELECT id, pattern_type AS type, pattern_value AS value, description FROM referrals.fraud_patterns WHERE id::text = ANY ($1)`,
    [ids],
  );
  return new Map(found.map((known) => [PATTERN + known.id, known]));
}

const LOOKED_AT: { readonly [Type in Pattern['type']]: string } = {
  email_domain: 'The referee’s e-mail address',
  ip_range: 'The registration’s address',
  device_pattern: 'The registration’s device',
};

function patternSentence({ type, value, description }: Pattern): string {
  const why = description === null || description.trim() === '' ? '' : ` (${description.trim()})`;
  return `${LOOKED_AT[type]} matches ${value}${why}`;
}
