import { randomInt } from 'node:crypto';
import { uuidv7 } from 'uuidv7';
import { AUTO_CODE_LENGTH, CODE_ALPHABET } from '../../domain/code-text.ts';
import type { Json } from '../../domain/json.ts';
import { CREATION_REFUSALS, type CreationRefusal } from '../../domain/vocabulary.ts';
import type { Client } from '../../postgres/connection.ts';
import { lockFacts } from '../derive/referrals.ts';
import { CODE_FORMS, codeText } from '../events.ts';
import { type Applied, applyLive, type Live, liveEvent } from './apply.ts';

/** The fields of `code.created` (SPEC 7). */
export type NewCode = {
  readonly userId: string;
  /** As typed: `^[A-Z0-9-]{3,20}$` after trimming and upper-casing. */
  readonly code: string;
  /** `custom` when left out; `campaign` is for admins, whom the caller has checked. */
  readonly type?: 'custom' | 'campaign';
  readonly maxUses?: number | null;
  /** ISO 8601 with zone. */
  readonly expiresAt?: string | null;
  readonly sourceAppId?: string | null;
  readonly metadata?: Json;
  /** The same id again gets the same answer and has no second effect. Made up when left out. */
  readonly eventId?: string;
};

export type NewCodeAnswer =
  | { readonly outcome: 'created'; readonly code: string; readonly repeated: boolean }
  | {
      readonly outcome: 'refused';
      /** `malformed`: the text cannot be a code. `unknown_user`: there is nobody of this id. */
      readonly reason: CreationRefusal | 'malformed' | 'unknown_user';
      readonly repeated: boolean;
    };

/** Makes a custom or campaign code. */
export async function createCode(
  client: Client,
  live: Live,
  { eventId, type = 'custom', ...fields }: NewCode,
): Promise<NewCodeAnswer> {
  const typed = codeText.safeParse(fields.code);
  if (!typed.success || !CODE_FORMS[type].test(typed.data)) {
    return { outcome: 'refused', reason: 'malformed', repeated: false };
  }
  return make(client, live, eventId ?? uuidv7(), { ...fields, type, code: typed.data });
}

async function make(
  client: Client,
  live: Live,
  id: string,
  code: { readonly code: string; readonly userId: string; readonly type: string } & object,
): Promise<NewCodeAnswer> {
  const applied = await applyLive(client, live, {
    event: liveEvent({ id, type: 'code.created', code }),
    userId: code.userId,
    subjects: [`user:${code.userId}`, `code:${code.code}`],
  });
  return answerOf(client, id, code.code, applied);
}

async function answerOf(
  client: Client,
  eventId: string,
  code: string,
  { repeated, refusal }: Applied,
): Promise<NewCodeAnswer> {
  if (refusal === 'unknown_user') return { outcome: 'refused', reason: refusal, repeated };
  const { rows } = await client.query<{ outcome: string }>(
    'SELECT outcome FROM umpire.code_events WHERE event_id = $1',
    [eventId],
  );
  const outcome = rows[0]?.outcome;
  if (outcome === 'accepted') return { outcome: 'created', code, repeated };
  const reason = CREATION_REFUSALS.find((name) => name === outcome);
  if (reason === undefined) throw new Error(`the code of ${eventId} was not judged`);
  return { outcome: 'refused', reason, repeated };
}

export type AutoCodeAnswer =
  | { readonly outcome: 'found' | 'created'; readonly code: string }
  | { readonly outcome: 'refused'; readonly reason: 'unknown_user' };

/** Six characters that nobody can guess from others. */
export function randomCode(): string {
  return Array.from({ length: AUTO_CODE_LENGTH }, () => CODE_ALPHABET.charAt(randomInt(CODE_ALPHABET.length))).join('');
}

/** A user's automatic code, made when there is none yet. `draw` gives a text that may be one; it is asked again where somebody has it. */
export async function autoCode(
  client: Client,
  live: Live,
  userId: string,
  draw: () => string = randomCode,
): Promise<AutoCodeAnswer> {
  const known = await ownAutoCode(client, userId);
  if (known !== null) return { outcome: 'found', code: known };
  // From here on nobody else makes one; somebody may have while this waited.
  await lockFacts(client);
  const made = await ownAutoCode(client, userId);
  if (made !== null) return { outcome: 'found', code: made };
  for (;;) {
    const text = draw();
    if (await isTaken(client, text)) continue;
    const answer = await make(client, live, uuidv7(), { code: text, userId, type: 'auto' });
    if (answer.outcome === 'created') return { outcome: 'created', code: answer.code };
    if (answer.reason === 'unknown_user') return { outcome: 'refused', reason: answer.reason };
    throw new Error(`the automatic code of a user was refused: ${answer.reason}`);
  }
}

async function ownAutoCode(client: Client, userId: string): Promise<string | null> {
  const { rows } = await client.query<{ code: string }>(
    `SELECT code FROM referrals.codes WHERE user_id = $1 AND type = 'auto' ORDER BY created_at, code LIMIT 1`,
    [userId],
  );
  return rows[0]?.code ?? null;
}

async function isTaken(client: Client, code: string): Promise<boolean> {
  const { rowCount } = await client.query('SELECT 1 FROM referrals.codes WHERE code = $1', [code]);
  return rowCount !== 0;
}
