import { z } from 'zod';
import { SEVERITIES } from '../domain/vocabulary.ts';
import type { Outgoing } from '../sync/ports.ts';
import { keptEvidence } from './facts.ts';
import { type HeadRow, priorityOf, signalsOf } from './head-row.ts';
import type { Store } from './store.ts';

type Seen = NonNullable<Outgoing['seen']>;

/** Of what is kept of a case (core/review/case-facts.ts) as much as a row of the queue tells. */
const kept = z.object({
  head: z.object({
    version: z.number().int(),
    score: z.number().int(),
    priority: z.enum(SEVERITIES),
    rule_set_version: z.number().int().nullable(),
  }),
  evidence: z.array(z.object({ signal: z.string(), points: z.number().int() })),
});

/**
 * What was known of an item of this version: what is known of it now, or what the evidence beside it tells, which may be of before. Null
 * where neither is of that version: it is not known what was looked at.
 */
export function seenOf(store: Store, head: HeadRow, version: number): Seen | null {
  return head.version === version ? seenInRow(head) : seenInEvidence(store, head.item_id, version);
}

function seenInRow(head: HeadRow): Seen {
  return {
    version: head.version,
    score: head.score,
    priority: priorityOf(head.priority),
    ruleSetVersion: head.rule_set_version,
    signals: signalsOf(head.signals),
  };
}

function seenInEvidence(store: Store, itemId: string, version: number): Seen | null {
  const json = keptEvidence(store, itemId);
  const found = json === null ? null : kept.safeParse(parsed(json));
  if (found?.data === undefined || found.data.head.version !== version) return null;
  const { head, evidence } = found.data;
  return {
    version,
    score: head.score,
    priority: head.priority,
    ruleSetVersion: head.rule_set_version ?? 1,
    signals: evidence.map(({ signal, points }) => ({ name: signal, points })),
  };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
