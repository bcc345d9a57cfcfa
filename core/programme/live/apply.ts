import { type ArrivalMatcher, arrivalMatcher } from '../../engine/patterns/arrival.ts';
import { syncPatternKeysIn } from '../../engine/patterns/sync.ts';
import type { Client } from '../../postgres/connection.ts';
import type { HashKey } from '../../postgres/hash-key.ts';
import { lockFacts } from '../derive/referrals.ts';
import { describeFault, type Event, event as eventSchema } from '../events.ts';
import { knownPatterns } from '../import/known-patterns.ts';
import { applyPage, clearPage, fillPage, preparePage } from '../import/page.ts';
import { digestOf, prepare } from '../import/prepare.ts';
import { UmpireError } from './errors.ts';
import { liveInstant } from './instant.ts';
import { adoptUser, waitingBehindPage } from './users.ts';

/** What live calls have in common. */
export type Live = {
  readonly key: HashKey;
  /** The engine's clock; null is the server's. */
  readonly clock: () => Date | null;
};

/** The event of a live call. Its `at` is only known when it is its turn. */
export type LiveEvent = {
  readonly event: Event;
  /** The user it is about, who may be known to the product alone so far. */
  readonly userId: string | null;
  /** What must not happen before what already happened to it: see `liveInstant`. */
  readonly subjects: readonly string[];
};

/** What became of it as an event; what follows is read from the facts. */
export type Applied = { readonly repeated: boolean; readonly refusal: string | null };

/** The import that live events are said to have come with. */
const LIVE = '00000000-0000-0000-0000-000000000000';
/** Stands for the instant until it is known. */
const UNKNOWN_AT = '2000-01-01T00:00:00Z';

/** An event without its instant, checked; throws UmpireError `bad_call` with the field that is wrong. */
export function liveEvent(fields: {
  readonly id: string;
  readonly type: string;
  readonly [field: string]: unknown;
}): Event {
  const parsed = eventSchema.safeParse({ ...fields, at: UNKNOWN_AT }, { reportInput: true });
  if (!parsed.success) throw new UmpireError('bad_call', describeFault(parsed.error));
  return parsed.data;
}

/**
 * Applies one event now, by the same steps as an import, and settles what becomes of it: what the caller is told stands,
 * whatever arrives later. An id seen before has no second effect.
 */
export async function applyLive(client: Client, live: Live, { event, userId, subjects }: LiveEvent): Promise<Applied> {
  await lockFacts(client);
  const digest = digestOf({ ...event, at: null }, live.key);
  const seen = await seenBefore(client, event.id, digest);
  if (seen !== null) return seen;

  const woken = userId === null ? [] : await adoptUser(client, userId);
  const { at, now } = await liveInstant(client, subjects, live.clock());
  await preparePage(client);
  await applyWoken(client, woken, now);
  const staged = prepare({ ...event, at }, live.key, await matcherFor(client, event, live.key));
  await client.query('SAVEPOINT umpire_event');
  await keep(client, event, { at, digest, status: 'staged', reason: null, content: staged.content });
  await clearPage(client);
  await fillPage(client, 'AND event_id = $1', [event.id]);
  const waiting = await waitingBehindPage(client);
  await applyPage(client, now);
  const refusal = await settle(client, event.id);
  if (refusal !== null) {
    // An import's event would wait for what it lacks, or have half of its effect; the caller is told no, so it has none, ever.
    await client.query('ROLLBACK TO SAVEPOINT umpire_event');
    await keep(client, event, { at, digest, status: 'refused', reason: refusal, content: null });
  }
  await client.query('RELEASE SAVEPOINT umpire_event');
  if (refusal === null) await applyWoken(client, waiting, now);
  return { repeated: false, refusal };
}

type Kept = {
  readonly at: string;
  readonly digest: string;
  readonly status: 'staged' | 'refused';
  readonly reason: string | null;
  readonly content: object | null;
};

/** An import may bring the same id at the same moment: then it is that event's. */
async function keep(client: Client, { id, type }: Event, { at, digest, status, reason, content }: Kept): Promise<void> {
  const { rowCount } = await client.query(
    `INSERT INTO umpire.events (event_id, at, type, digest, status, reason, content, import_id)
     VALUES ($1, $2, $3, decode($4, 'hex'), $5, $6, $7, '${LIVE}') ON CONFLICT (event_id) DO NOTHING`,
    [id, at, type, digest, status, reason, content === null ? null : JSON.stringify(content)],
  );
  if (rowCount !== 1) throw reused(id);
}

/** Keeps an event that is refused whatever else is known: without effect now or later. */
export async function refuseLive(client: Client, live: Live, event: Event, reason: string): Promise<Applied> {
  await lockFacts(client);
  const digest = digestOf({ ...event, at: null }, live.key);
  const seen = await seenBefore(client, event.id, digest);
  if (seen !== null) return seen;
  const { at } = await liveInstant(client, [], live.clock());
  await keep(client, event, { at, digest, status: 'refused', reason, content: null });
  return { repeated: false, refusal: reason };
}

async function seenBefore(client: Client, eventId: string, digest: string): Promise<Applied | null> {
  const { rows } = await client.query<{ is_same: boolean; refusal: string | null }>(
    `SELECT digest = decode($2, 'hex') AS is_same, CASE status WHEN 'refused' THEN reason END AS refusal
     FROM umpire.events WHERE event_id = $1`,
    [eventId, digest],
  );
  const known = rows[0];
  if (known === undefined) return null;
  if (!known.is_same) throw reused(eventId);
  return { repeated: true, refusal: known.refusal };
}

function reused(eventId: string): UmpireError {
  return new UmpireError(
    'id_reused',
    `The event id ${eventId} was used before for something else: give each event an id of its own, and the same one only to try the same again.`,
  );
}

/** Only a registration is matched on arrival. */
async function matcherFor(client: Client, event: Event, key: HashKey): Promise<ArrivalMatcher> {
  if (event.type !== 'referral.registered') return () => [];
  await syncPatternKeysIn(client, key);
  return arrivalMatcher(await knownPatterns(client));
}

/** Makes the verdict final; returns the reason where the event itself was refused, or waits for something. */
async function settle(client: Client, eventId: string): Promise<string | null> {
  await client.query('UPDATE umpire.registrations SET is_settled = true WHERE event_id = $1', [eventId]);
  await client.query(`UPDATE umpire.code_events SET is_settled = true WHERE event_id = $1 AND kind = 'created'`, [
    eventId,
  ]);
  const { rows } = await client.query<{ reason: string | null }>(
    `SELECT reason FROM umpire.events WHERE event_id = $1 AND status IN ('parked', 'refused')`,
    [eventId],
  );
  return rows[0]?.reason ?? null;
}

/** Events of imports that waited for what is there now, and those that waited for them in turn. */
async function applyWoken(client: Client, eventIds: readonly string[], now: Date): Promise<void> {
  let ids = eventIds;
  while (ids.length > 0) {
    await clearPage(client);
    if ((await fillPage(client, 'AND event_id = ANY ($1)', [ids])) === 0) return;
    ids = await waitingBehindPage(client);
    await applyPage(client, now);
  }
}
