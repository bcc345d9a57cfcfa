import { uuidv7 } from 'uuidv7';
import type { IpType, Refusal } from '../../domain/vocabulary.ts';
import { REFUSALS } from '../../domain/vocabulary.ts';
import type { Client } from '../../postgres/connection.ts';
import { lockFacts } from '../derive/referrals.ts';
import { codeText } from '../events.ts';
import { type Applied, applyLive, type Live, liveEvent } from './apply.ts';

/** The fields of `referral.registered` (SPEC 7). */
export type Registration = {
  readonly refereeId: string;
  /** As typed: case and surrounding blanks do not matter. */
  readonly code: string;
  /** Kept as a keyed hash only, as are `device` and `userAgent`. */
  readonly ip: string;
  readonly ipType?: IpType | null;
  /** ISO 3166, two letters. */
  readonly ipCountry?: string | null;
  readonly ipAsn?: string | number | null;
  readonly device?: string | null;
  readonly userAgent?: string | null;
  readonly sourceAppId?: string | null;
  /** The same id again gets the same answer and has no second effect. Made up when left out. */
  readonly eventId?: string;
};

export type RegistrationAnswer =
  | {
      readonly outcome: 'accepted';
      /** `referrals.relationships.id` */
      readonly relationshipId: string;
      /** This event id was answered before. */
      readonly repeated: boolean;
    }
  | { readonly outcome: 'refused'; readonly reason: Refusal; readonly repeated: boolean };

/** Registers a referee with a code. Its bonuses are `pending` until the engine has scored the referral. */
export async function registerReferral(
  client: Client,
  live: Live,
  { eventId, ...fields }: Registration,
): Promise<RegistrationAnswer> {
  // What people type is no mistake of the program: no such text is a code.
  const typed = codeText.safeParse(fields.code);
  if (!typed.success || typed.data === '') return { outcome: 'refused', reason: 'invalid_code', repeated: false };
  const event = liveEvent({ id: eventId ?? uuidv7(), type: 'referral.registered', ...fields });
  await lockFacts(client);
  const { rows } = await client.query<{ user_id: string }>('SELECT user_id FROM referrals.codes WHERE code = $1', [
    typed.data,
  ]);
  const people = [fields.refereeId, ...rows.map(({ user_id: id }) => id)];
  const applied = await applyLive(client, live, {
    event,
    userId: fields.refereeId,
    subjects: [...people.map((id) => `user:${id}`), `code:${typed.data}`],
  });
  return answerOf(client, event.id, applied);
}

async function answerOf(client: Client, eventId: string, { repeated, refusal }: Applied): Promise<RegistrationAnswer> {
  const { rows } = await client.query<{ outcome: string; relationship_id: string | null }>(
    `SELECT g.outcome, r.relationship_id FROM umpire.registrations AS g
     LEFT JOIN umpire.referrals AS r ON r.event_id = g.event_id WHERE g.event_id = $1`,
    [eventId],
  );
  const registration = rows[0];
  if (registration?.outcome === 'accepted' && registration.relationship_id !== null) {
    return { outcome: 'accepted', relationshipId: registration.relationship_id, repeated };
  }
  const refused = refusal ?? registration?.outcome;
  // Somebody who was erased is nobody's referee any more.
  const reason = refused === 'user_erased' ? 'unknown_user' : REFUSALS.find((name) => name === refused);
  if (reason === undefined) throw new Error(`the registration ${eventId} was not judged`);
  return { outcome: 'refused', reason, repeated };
}
