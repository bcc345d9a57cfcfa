import { createHash, randomUUID } from 'node:crypto';
import type { CreationRefusal, Refusal } from '../../domain/vocabulary.ts';
import { type ArrivalPattern, arrivalMatcher } from '../../engine/patterns/arrival.ts';
import { syncPatternKeys } from '../../engine/patterns/sync.ts';
import { checkHashKey, type HashKey } from '../../postgres/hash-key.ts';
import { recordedMode } from '../../postgres/mode.ts';
import type { Pool } from '../../postgres/connection.ts';
import { describeFault, type Event, event as eventSchema } from '../events.ts';
import { isoOf, microsOf } from '../instant.ts';
import { applyStaged } from './apply.ts';
import { knownPatterns } from './known-patterns.ts';
import { prepare, type StagedEvent } from './prepare.ts';
import type { Line, Source } from './source.ts';
import { stage } from './stage.ts';

/** A line that is no event, or an id used again for something else. */
export type RejectedLine = {
  readonly line: number;
  readonly id: string | null;
  readonly reason: string;
  readonly text: string;
};

/** Why an event that is valid has no effect, or none yet. */
export type RefusalReason = Refusal | CreationRefusal | 'email_taken' | 'credits_out_of_range' | 'user_erased';

export type ImportReport = {
  /** Lines with something on them. */
  readonly read: number;
  /** Events not seen before. */
  readonly imported: number;
  /** Events seen before with the same content. */
  readonly duplicates: number;
  readonly rejected: number;
  /** Of the imported events: how many were refused, by reason; parked ones among them under the reason they wait for. */
  readonly refused: Readonly<Partial<Record<RefusalReason, number>>>;
  /** Of the imported events: how many wait for a user or code that is not known yet. */
  readonly parked: number;
  /** The refused events, the first thousand by (at, id). */
  readonly refusals: readonly { readonly id: string; readonly reason: RefusalReason }[];
};

export type ImportProgress = {
  readonly phase: 'reading' | 'applying';
  readonly done: number;
  readonly total: number | null;
};

export type ImportOptions = {
  readonly key: HashKey;
  /** The engine's clock; stages that it has not reached yet wait for the job. */
  readonly now: Date;
  readonly onRejected?: (line: RejectedLine) => void;
  readonly onProgress?: (progress: ImportProgress) => void;
};

const STAGE_BATCH = 2000;

/**
 * Imports events, one JSON object a line: stages all, then applies what is staged in (at, id) order. Memory is constant
 * for sources of any size. Cut off at any point, the same call again completes it.
 */
export async function importEvents(pool: Pool, source: Source, options: ImportOptions): Promise<ImportReport> {
  await checkHashKey(pool, options.key);
  await syncPatternKeys(pool, options.key);
  const mode = await recordedMode(pool);
  const importId = randomUUID();
  const match = arrivalMatcher([...(await knownPatterns(pool)), ...(await patternsIn(source))]);

  let read = 0;
  let imported = 0;
  let duplicates = 0;
  let rejected = 0;
  let bytes = 0;
  const reject = (line: Line, id: string | null, reason: string): void => {
    rejected += 1;
    options.onRejected?.({ line: line.number, id, reason, text: line.text ?? '' });
  };

  let batch: { line: Line; event: StagedEvent }[] = [];
  const flush = async (): Promise<void> => {
    const outcome = await stage(
      pool,
      importId,
      batch.map(({ event }) => event),
    );
    imported += outcome.fresh;
    duplicates += outcome.duplicates;
    for (const index of outcome.reused) {
      const entry = batch[index];
      if (entry !== undefined) reject(entry.line, entry.event.id, 'id_reused');
    }
    batch = [];
    options.onProgress?.({ phase: 'reading', done: source.bytes === null ? read : bytes, total: source.bytes });
  };

  for await (const line of source.lines()) {
    bytes += line.bytes;
    if (line.text !== null && line.text.trim() === '') continue;
    read += 1;
    const parsed = parseLine(line);
    if (parsed.event === null) {
      reject(line, parsed.id, parsed.reason);
      continue;
    }
    if (mode === 'observe' && !parsed.event.type.startsWith('pattern.')) {
      reject(
        line,
        parsed.id,
        `${parsed.event.type}: refused in observe mode, where another service writes the programme`,
      );
      continue;
    }
    batch.push({ line, event: prepare(parsed.event, options.key, match) });
    if (batch.length >= STAGE_BATCH) await flush();
  }
  await flush();
  await applyStaged(pool, options.now, options.onProgress);
  return { read, imported, duplicates, rejected, ...(await refusalsOf(pool, importId)) };
}

type Parsed =
  | { readonly event: Event; readonly id: string }
  | { readonly event: null; readonly id: string | null; readonly reason: string };

function parseLine(line: Line): Parsed {
  if (line.text === null) return { event: null, id: null, reason: line.fault };
  if (isTooDeep(line.text)) return { event: null, id: null, reason: `nested deeper than ${DEEPEST} levels` };
  let value: unknown;
  try {
    value = JSON.parse(line.text);
  } catch {
    return { event: null, id: null, reason: 'not JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { event: null, id: null, reason: 'not a JSON object' };
  }
  const id = 'id' in value && typeof value.id === 'string' ? value.id : null;
  const parsed = eventSchema.safeParse(value, { reportInput: true });
  if (!parsed.success) return { event: null, id, reason: describeFault(parsed.error) };
  return { event: parsed.data, id: parsed.data.id };
}

/** Deeper than any event is; what reads JSON by recursion would run out of stack far below. */
const DEEPEST = 64;

/** Counts brackets outside of strings. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index];
    if (inString) {
      if (char === '\\') index += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') {
      depth += 1;
      if (depth > DEEPEST) return true;
    } else if (char === '}' || char === ']') depth -= 1;
  }
  return false;
}

/** The id of a pattern made by an event: the same for the same type and value. */
function patternId(type: string, value: string): string {
  const digest = createHash('md5').update(`pattern:${type}:${value}`).digest('hex');
  return digest.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Patterns made in this very source: they count from the event that makes them (SPEC 3). */
async function patternsIn(source: Source): Promise<ArrivalPattern[]> {
  const patterns: ArrivalPattern[] = [];
  for await (const line of source.lines()) {
    if (line.text === null || !line.text.includes('pattern.created')) continue;
    const { event } = parseLine(line);
    if (event?.type !== 'pattern.created') continue;
    const { patternType, patternValue } = event.pattern;
    patterns.push({
      id: patternId(patternType, patternValue),
      type: patternType,
      value: patternValue,
      from: { at: isoOf(microsOf(event.at)), eventId: event.id },
    });
  }
  return patterns;
}

const LISTED_REFUSALS = 1000;

async function refusalsOf(
  pool: Pool,
  importId: string,
): Promise<Pick<ImportReport, 'refused' | 'parked' | 'refusals'>> {
  const failed = `
    SELECT e.event_id, e.at, coalesce(g.outcome, c.outcome, v.outcome, e.reason, 'invalid_code') AS reason,
      e.status = 'parked' OR coalesce(g.outcome = 'invalid_code', false) OR c.kind = 'updated' AS parked
    FROM umpire.events AS e
    LEFT JOIN umpire.registrations AS g ON g.event_id = e.event_id AND g.outcome <> 'accepted'
    LEFT JOIN umpire.code_events AS c ON c.event_id = e.event_id AND (c.outcome <> 'accepted' OR c.kind = 'updated'
      AND NOT EXISTS (SELECT 1 FROM referrals.codes AS k WHERE k.code = c.code))
    LEFT JOIN umpire.validations AS v ON v.event_id = e.event_id AND v.outcome <> 'accepted'
    WHERE e.import_id = $1
      AND (e.status IN ('parked', 'refused') OR g.event_id IS NOT NULL OR c.event_id IS NOT NULL OR v.event_id IS NOT NULL)`;
  const counts = await pool.query<{ reason: RefusalReason; refused: number; parked: number }>(
    `SELECT reason, count(*)::int AS refused, count(*) FILTER (WHERE parked)::int AS parked FROM (${failed}) AS f GROUP BY reason ORDER BY reason`,
    [importId],
  );
  const listed = await pool.query<{ id: string; reason: RefusalReason }>(
    `SELECT event_id AS id, reason FROM (${failed}) AS f ORDER BY at, event_id LIMIT ${LISTED_REFUSALS}`,
    [importId],
  );
  return {
    refused: Object.fromEntries(counts.rows.map(({ reason, refused }) => [reason, refused])),
    parked: counts.rows.reduce((sum, { parked }) => sum + parked, 0),
    refusals: listed.rows,
  };
}
