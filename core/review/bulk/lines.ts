import { z } from 'zod';
import { DECISIONS } from '../../domain/decision.ts';
import type { Line } from '../../programme/import/source.ts';
import type { FrozenItem } from './start.ts';

/** Text that PostgreSQL can keep: no NUL, no half of a surrogate pair. */
const text = (max: number): z.ZodString =>
  z
    .string()
    .max(max)
    .refine((value) => !value.includes('\u0000') && value.isWellFormed(), 'has a character that cannot be stored');

const line = z.object({
  itemId: z.guid(),
  decision: z.enum(DECISIONS),
  reason: text(64).min(1),
  note: text(4000).nullish(),
  decisionId: z.guid().nullish(),
});

export type RejectedDecision = { readonly line: number; readonly reason: string; readonly text: string };
export type ReadLines = {
  /** The number of each item's line, beside the items. */
  readonly lines: readonly number[];
  readonly items: readonly FrozenItem[];
  readonly rejected: readonly RejectedDecision[];
};

/** Reads decisions, one JSON object a line (SPEC 7); empty lines are no lines, and bad ones do not stop the good ones. */
export async function readDecisionLines(lines: AsyncIterable<Line>): Promise<ReadLines> {
  const numbers: number[] = [];
  const items: FrozenItem[] = [];
  const rejected: RejectedDecision[] = [];
  for await (const one of lines) {
    if (one.text === null) {
      rejected.push({ line: one.number, reason: one.fault, text: '' });
      continue;
    }
    if (one.text.trim() === '') continue;
    const read = decisionOf(one.text);
    if (typeof read === 'string') {
      rejected.push({ line: one.number, reason: read, text: one.text });
      continue;
    }
    numbers.push(one.number);
    items.push(read);
  }
  return { lines: numbers, items, rejected };
}

/** The decision of a line, or why it is none, by the name of the field. */
function decisionOf(given: string): FrozenItem | string {
  let value: unknown;
  try {
    value = JSON.parse(given);
  } catch {
    return 'not JSON';
  }
  const parsed = line.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue?.path.join('.') ?? '';
    return where === '' ? 'not an object' : `${where}: ${issue?.message ?? 'wrong'}`;
  }
  const { itemId, decision, reason, note, decisionId } = parsed.data;
  return {
    itemId: itemId.toLowerCase(),
    decision,
    reason,
    ...(typeof note === 'string' ? { note } : {}),
    ...(typeof decisionId === 'string' ? { decisionId: decisionId.toLowerCase() } : {}),
  };
}
