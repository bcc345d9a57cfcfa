import { z } from 'zod';
import type { CaseFile } from '../contract/case.ts';
import { DECISION_OUTCOMES, DECISIONS, UNDO_KINDS } from '../domain/decision.ts';
import { signalLabel } from '../domain/signals.ts';
import { BONUS_STATUSES, MODES, SEVERITIES } from '../domain/vocabulary.ts';
import type { Words } from '../engine/signal.ts';
import type { Pool } from '../postgres/connection.ts';
import { dbInstant, type Queryable, row, rows } from '../postgres/rows.ts';
import { inSnapshot } from '../postgres/snapshot.ts';
import { type AuditHead, readHead } from './audit-log.ts';
import { readCaseFile } from './case.ts';
import { recentSignalRecords } from './signal-record.ts';
import { describeSignal, storedEvidence } from './sentences.ts';
import { listReasons } from './settings.ts';
import { wordsFor } from './words.ts';

const storedRecord = z.object({
  decisionId: z.string(),
  itemId: z.string(),
  at: dbInstant,
  actor: z.string(),
  onBehalfOf: z.string().nullable(),
  decision: z.enum([...DECISIONS, 'undo']),
  reason: z.string(),
  note: z.string().nullable(),
  outcome: z.enum(DECISION_OUTCOMES),
  undoes: z.string().nullable(),
  undoKind: z.enum(UNDO_KINDS).nullable(),
  undoneBy: z.string().nullable(),
  band: z.enum(SEVERITIES),
  score: z.int(),
  ruleSetVersion: z.int(),
  paid: z.int(),
  rejected: z.int(),
  reversed: z.int(),
  /** What was known; null for a decision of a release that did not keep it. */
  signals: z.array(storedEvidence).nullable(),
  /** The bonuses as they were found, and what was done to each. */
  bonuses: z.array(
    z.object({
      bonusId: z.string(),
      statusBefore: z.enum(BONUS_STATUSES),
      holdReasonBefore: z.string().nullable(),
      holdUntilBefore: dbInstant.nullable(),
      done: z.string(),
      credits: z.int(),
    }),
  ),
  /** The entry of the audit log that vouches for it: `hash` is the SHA-256 of `hashed`, `digest` that of the batch's rows. */
  audit: z
    .object({
      seq: z.int(),
      at: dbInstant,
      previous: z.string(),
      hash: z.string(),
      batch: z.string(),
      digest: z.string(),
      items: z.int(),
      hashed: z.string(),
    })
    .nullable(),
});
type StoredRecord = z.infer<typeof storedRecord>;

export type KnownSignal = {
  readonly name: string;
  readonly label: string;
  readonly points: number;
  readonly sentence: string;
  readonly evidence: unknown;
};

/** A decision or an undo with what was known when it was made. */
export type BundleRecord = Omit<StoredRecord, 'signals'> & {
  /** The reason in words. */
  readonly reasonLabel: string;
  readonly signals: readonly KnownSignal[] | null;
};

const ruleSet = z.object({
  version: z.int(),
  points: z.record(z.string(), z.number()),
  thresholds: z.record(z.string(), z.number()),
  disabled: z.array(z.string()),
  note: z.string().nullable(),
  createdBy: z.string(),
  createdAt: dbInstant,
});

/** All that a case rests on, for whoever asks later and has no server: SPEC 4. */
export type Bundle = {
  readonly format: 'umpire-evidence-1';
  readonly made: { readonly at: string; readonly by: string; readonly mode: (typeof MODES)[number] };
  readonly case: CaseFile;
  readonly record: readonly BundleRecord[];
  /** Every rule set that the score or a decision names. */
  readonly ruleSets: readonly z.infer<typeof ruleSet>[];
  readonly auditHead: AuditHead | null;
};

/** Whoever reads it later may be anywhere. */
const ZONE = 'UTC';

/** Of one state of the database, times in UTC; null where there is no such item. */
export async function readBundle(pool: Pool, itemId: string, now: Date): Promise<Bundle | null> {
  const words = wordsFor(ZONE, now);
  const records = await recentSignalRecords(pool);
  return inSnapshot(pool, async (db) => {
    const file = await readCaseFile(db, itemId, { now, zone: ZONE, records });
    if (file === null) return null;
    const record = await readRecord(db, file.relationshipId, words);
    const versions = [...new Set([file.ruleSetVersion, ...record.map((made) => made.ruleSetVersion)])];
    const made = await row(
      db,
      z.object({ by: z.string(), mode: z.enum(MODES) }),
      'SELECT session_user AS by, mode FROM umpire.workspace',
    );
    if (made === null) throw new Error('This database has no workspace record.');
    return {
      format: 'umpire-evidence-1',
      made: { at: now.toISOString(), ...made },
      case: file,
      record,
      ruleSets: await rows(
        db,
        ruleSet,
        `SELECT version, points, thresholds, disabled, note, created_by AS "createdBy", created_at AS "createdAt"
         FROM umpire.rule_sets WHERE version = ANY ($1) ORDER BY version`,
        [versions],
      ),
      auditHead: await readHead(db),
    };
  });
}

async function readRecord(db: Queryable, relationshipId: string, words: Words): Promise<BundleRecord[]> {
  const stored = await rows(db, z.object({ made: storedRecord }), 'SELECT umpire.record_of($1) AS made', [
    relationshipId,
  ]);
  const labels = new Map((await listReasons(db)).map(({ code, label }) => [code, label]));
  return stored.map(({ made }) => ({
    ...made,
    reasonLabel: labels.get(made.reason) ?? made.reason,
    signals:
      made.signals?.map((signal) => ({
        name: signal.signal,
        label: signalLabel(signal.signal),
        points: signal.points,
        sentence: describeSignal(signal, words) ?? signalLabel(signal.signal),
        evidence: signal.evidence,
      })) ?? null,
  }));
}
