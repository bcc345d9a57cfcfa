import { uuidv7 } from 'uuidv7';
import type { z } from 'zod';
import type { Client } from '../../postgres/connection.ts';
import { lockFacts } from '../derive/referrals.ts';
import type { Event, event as eventSchema, EventType } from '../events.ts';
import type { RefusalReason } from '../import/import.ts';
import { type Applied, applyLive, type Live, liveEvent, refuseLive } from './apply.ts';
import { UmpireError } from './errors.ts';

/** Those that have a call of their own, with an answer of their own. */
const OWN_CALLS = {
  'referral.registered': 'registerReferral',
  'code.created': 'createCode or autoCode',
  'code.validated': 'lookUpCode',
} as const satisfies Partial<Record<EventType, string>>;

const REASONS = [
  'unknown_user',
  'user_erased',
  'email_taken',
  'invalid_code',
  'credits_out_of_range',
] as const satisfies readonly RefusalReason[];

type Without<Fields, Names extends string> = Fields extends unknown ? Omit<Fields, Names> : never;

/** Any other event of SPEC 7, without `at`, which is the moment of the call. */
export type Recorded = Without<Exclude<z.input<typeof eventSchema>, { type: keyof typeof OWN_CALLS }>, 'id' | 'at'> & {
  /** The same id again gets the same answer and has no second effect. Made up when left out. */
  readonly eventId?: string;
};

export type RecordAnswer =
  | { readonly outcome: 'recorded'; readonly repeated: boolean }
  | {
      readonly outcome: 'refused';
      readonly reason: (typeof REASONS)[number];
      readonly repeated: boolean;
    };

/** Records what happened, now: an account, a sighting, usage, a purchase, a change of a code or pattern. */
export async function record(client: Client, live: Live, { eventId, ...fields }: Recorded): Promise<RecordAnswer> {
  if ('at' in fields) throw new UmpireError('bad_call', 'at: the moment of the call, and not given by the caller');
  const own = Object.entries(OWN_CALLS).find(([type]) => type === fields.type)?.[1];
  if (own !== undefined) throw new UmpireError('bad_call', `type: ${fields.type} is recorded by ${own}`);
  const event = liveEvent({ ...fields, id: eventId ?? uuidv7() });
  return answerOf(await apply(client, live, event));
}

async function apply(client: Client, live: Live, event: Event): Promise<Applied> {
  await lockFacts(client);
  // An import keeps a change for the code to come. Here the answer is no, and stays so.
  if (event.type === 'code.updated' && !(await isKnown(client, event.code.code))) {
    return refuseLive(client, live, event, 'invalid_code');
  }
  return applyLive(client, live, { event, userId: userOf(event), subjects: subjectsOf(event) });
}

async function isKnown(client: Client, code: string): Promise<boolean> {
  const { rowCount } = await client.query('SELECT 1 FROM referrals.codes WHERE code = $1', [code]);
  return rowCount !== 0;
}

function userOf(event: Event): string | null {
  if ('userId' in event) return event.userId;
  if ('user' in event) return event.user.id;
  return null;
}

function subjectsOf(event: Event): readonly string[] {
  const userId = userOf(event);
  if (userId !== null) return [`user:${userId}`];
  if (event.type === 'code.updated') return [`code:${event.code.code}`];
  if ('pattern' in event) return [`pattern:${event.pattern.patternType}:${event.pattern.patternValue}`];
  return [];
}

function answerOf({ repeated, refusal }: Applied): RecordAnswer {
  if (refusal === null) return { outcome: 'recorded', repeated };
  const reason = REASONS.find((name) => name === refusal);
  if (reason === undefined) throw new Error(`an event was refused for ${refusal}`);
  return { outcome: 'refused', reason, repeated };
}
