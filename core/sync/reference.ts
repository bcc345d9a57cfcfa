import { z } from 'zod';
import { MODES, SEVERITIES } from '../domain/vocabulary.ts';
import { reasonCode } from '../contract/workspace.ts';

/** What changes seldom and is kept whole: what the JSON of a `Reference` holds. */
export const referenceData = z.object({
  mode: z.enum(MODES),
  reasons: z.array(reasonCode),
  settings: z.object({ undoMinutes: z.number().int(), claimMinutes: z.number().int() }),
  /** The rules in force. */
  rules: z.object({
    version: z.number().int(),
    points: z.record(z.string(), z.number()),
    thresholds: z.object({ lowRisk: z.number(), mediumRisk: z.number(), highRisk: z.number(), critical: z.number() }),
    disabled: z.array(z.string()),
  }),
  /** Without what they look for, which may be somebody's address. */
  patterns: z.array(
    z.object({
      id: z.string(),
      type: z.string(),
      severity: z.enum(SEVERITIES),
      points: z.number().int(),
      isActive: z.boolean(),
    }),
  ),
  /** Of the last thirty days, all apps together: rows of `referrals.daily_stats`. */
  statistics: z.array(z.record(z.string(), z.json())),
  /** Of the decided items with a signal, how many were rejected. */
  records: z.record(z.string(), z.object({ decided: z.number().int(), rejected: z.number().int() })),
  /** Holds of medium referrals that end within the next 24 hours. */
  holdsEndingSoon: z.number().int(),
});
export type ReferenceData = z.infer<typeof referenceData>;
