import { z } from 'zod';
import { FRAUD_SIGNALS } from '../domain/constants.ts';
import { SIGNAL_NAMES, type SignalName } from '../domain/signals.ts';
import type { Thresholds } from '../domain/band.ts';
import type { Queryable } from '../postgres/connection.ts';

/** Points, thresholds and switches that scores are made with. */
export type RuleSet = {
  readonly version: number;
  readonly points: { readonly [Name in SignalName]: number };
  readonly thresholds: Thresholds;
  readonly disabled: readonly SignalName[];
};

const signalName = z.custom<SignalName>(
  (name) => SIGNAL_NAMES.some((known) => known === name),
  'no signal of this name',
);

export const ruleSetSchema = z.object({
  version: z.int(),
  points: z.record(z.string(), z.int().min(0)).transform((points) => ({ ...FRAUD_SIGNALS, ...points })),
  thresholds: z.object({ lowRisk: z.int(), mediumRisk: z.int(), highRisk: z.int(), critical: z.int() }),
  disabled: z.array(signalName),
});

/** The rule set in force: the highest version. */
export async function currentRuleSet(db: Queryable): Promise<RuleSet> {
  const { rows } = await db.query(
    'SELECT version, points, thresholds, disabled FROM umpire.rule_sets ORDER BY version DESC LIMIT 1',
  );
  return ruleSetSchema.parse(rows[0]);
}
