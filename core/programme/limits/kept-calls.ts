import { RATE_LIMITS } from '../../domain/constants.ts';
import type { Client } from '../../postgres/connection.ts';
import type { RateLimit } from './window.ts';

/**
 * `referrals.rate_limits` says what the limits count: one row an accepted call, its id made of the event's, so that the same
 * facts give the same rows. Events are judged by the facts themselves, live look-ups by these rows; those whose window has
 * ended are cleaned away.
 */

const LIMITS = {
  code_validation: RATE_LIMITS.codeValidation,
  code_creation: RATE_LIMITS.codeCreation,
  registration: RATE_LIMITS.registrationsPerCode,
} as const satisfies { readonly [action: string]: RateLimit };

const idOf = (identifierType: string, eventId: string): string =>
  `md5('call:' || ${identifierType} || ':' || ${eventId})::uuid`;

/** Rewrites the rows of these events; `calls` is SQL for (event_id, at, identifier_type, identifier) of the accepted ones among $1. */
async function rewrite(
  client: Client,
  action: keyof typeof LIMITS,
  types: readonly string[],
  calls: string,
  eventIds: readonly string[],
): Promise<void> {
  if (eventIds.length === 0) return;
  await client.query(
    `DELETE FROM referrals.rate_limits WHERE id IN (
       SELECT ${idOf('t.identifier_type', 'e.event_id')}
       FROM unnest($1::text[]) AS e (event_id) CROSS JOIN unnest($2::text[]) AS t (identifier_type)
     )`,
    [eventIds, types],
  );
  await client.query(
    `INSERT INTO referrals.rate_limits (id, identifier, identifier_type, action, count, window_start, window_end)
     SELECT ${idOf('c.identifier_type', 'c.event_id')}, c.identifier, c.identifier_type, '${action}', 1, c.at,
       c.at + interval '${LIMITS[action].windowMinutes} minutes'
     FROM (${calls}) AS c ORDER BY 1`,
    [eventIds],
  );
}

/** Registrations, by code and, but for campaign codes, by referrer. */
export function keepRegistrations(client: Client, eventIds: readonly string[]): Promise<void> {
  return rewrite(
    client,
    'registration',
    ['code', 'user'],
    `SELECT g.event_id, g.at, i.identifier_type, i.identifier FROM umpire.registrations AS g
     CROSS JOIN LATERAL (VALUES ('code', g.code), ('user', g.referrer_id)) AS i (identifier_type, identifier)
     WHERE g.event_id = ANY ($1) AND g.outcome = 'accepted' AND (i.identifier_type = 'code' OR NOT g.is_campaign)`,
    eventIds,
  );
}

/** Custom codes that were made, by user. */
export function keepCreations(client: Client, eventIds: readonly string[]): Promise<void> {
  return rewrite(
    client,
    'code_creation',
    ['user'],
    `SELECT e.event_id, e.at, 'user' AS identifier_type, e.fields ->> 'user_id' AS identifier FROM umpire.code_events AS e
     WHERE e.event_id = ANY ($1) AND e.outcome = 'accepted' AND e.fields ->> 'type' = 'custom'`,
    eventIds,
  );
}

/** Codes that were looked up, by the keyed hash of the address. */
export function keepValidations(client: Client, eventIds: readonly string[]): Promise<void> {
  return rewrite(
    client,
    'code_validation',
    ['ip'],
    `SELECT v.event_id, v.at, 'ip' AS identifier_type, v.ip_hash AS identifier FROM umpire.validations AS v
     WHERE v.event_id = ANY ($1) AND v.outcome = 'accepted'`,
    eventIds,
  );
}
