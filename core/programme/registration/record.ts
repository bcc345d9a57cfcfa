import type { Client } from '../../postgres/connection.ts';
import { keepRegistrations } from '../limits/kept-calls.ts';
import type { CodeAt, Verdict } from './judge.ts';

export type Judged = {
  readonly eventId: string;
  readonly verdict: Verdict;
  /** With `accepted`: the code, hence the referrer. */
  readonly code: CodeAt | null;
  readonly wasAccepted: boolean;
};

/**
 * Writes new verdicts: referrals that lost their place go, with everything of theirs (none was scored); new ones are
 * made. Whoever registered near one of either is scored again (rapid_registration, bulk_registrations, similar_email).
 */
export async function recordVerdicts(client: Client, judged: readonly Judged[], now: Date): Promise<void> {
  if (judged.length === 0) return;
  const lost = judged.filter(({ wasAccepted }) => wasAccepted).map(({ eventId }) => eventId);
  if (lost.length > 0) await removeReferrals(client, lost, now);
  await client.query(
    `UPDATE umpire.registrations AS g SET outcome = v.outcome, code_id = v.code_id, referrer_id = v.referrer_id, is_campaign = v.is_campaign
     FROM unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $5::boolean[]) AS v (event_id, outcome, code_id, referrer_id, is_campaign)
     WHERE g.event_id = v.event_id`,
    [
      judged.map(({ eventId }) => eventId),
      judged.map(({ verdict }) => verdict),
      judged.map(({ code }) => code?.codeId ?? null),
      judged.map(({ code }) => code?.ownerId ?? null),
      judged.map(({ code }) => (code === null ? null : code.type === 'campaign')),
    ],
  );
  const accepted = judged.filter(({ verdict }) => verdict === 'accepted').map(({ eventId }) => eventId);
  if (accepted.length > 0) {
    await displaceLater(client, accepted, now);
    await makeReferrals(client, accepted);
  }
  await keepRegistrations(
    client,
    judged.map(({ eventId }) => eventId),
  );
  await client.query(
    `UPDATE referrals.codes AS c SET uses_count = n.uses
     FROM (
       SELECT DISTINCT c.id, u.uses FROM umpire.registrations AS g JOIN referrals.codes AS c ON c.code = g.code
       CROSS JOIN LATERAL (
         SELECT count(*)::int AS uses FROM umpire.registrations AS a WHERE a.code_id = c.id AND a.outcome = 'accepted'
       ) AS u
       WHERE g.event_id = ANY ($1)
     ) AS n WHERE c.id = n.id AND c.uses_count <> n.uses`,
    [judged.map(({ eventId }) => eventId)],
  );
  await client.query(
    `UPDATE referrals.fingerprints AS f SET registration_count = n.registrations
     FROM (
       SELECT DISTINCT g.fingerprint_id, u.registrations FROM umpire.registrations AS g
       CROSS JOIN LATERAL (
         SELECT count(*)::int AS registrations FROM umpire.registrations AS a
         WHERE a.fingerprint_id = g.fingerprint_id AND a.outcome = 'accepted'
       ) AS u
       WHERE g.event_id = ANY ($1)
     ) AS n WHERE f.id = n.fingerprint_id AND f.registration_count <> n.registrations`,
    [judged.map(({ eventId }) => eventId)],
  );
}

/** The referrals of one referrer whose signals look at a registration at (at, id): the hour before it, and all later ones. */
const NEIGHBOURS = `
  INSERT INTO umpire_rescored
  SELECT n.relationship_id FROM (
    SELECT r.referrer_id, min(r.at) AS at FROM umpire.referrals AS r WHERE r.event_id = ANY ($1) GROUP BY r.referrer_id
  ) AS c
  JOIN umpire.referrals AS n ON n.referrer_id = c.referrer_id AND n.at > c.at - interval '60 minutes'
  ON CONFLICT DO NOTHING`;

async function removeReferrals(client: Client, eventIds: readonly string[], now: Date): Promise<void> {
  await client.query(NEIGHBOURS, [eventIds]);
  await client.query(
    `INSERT INTO umpire.stale_days (day)
     SELECT DISTINCT (s.at AT TIME ZONE 'UTC')::date
     FROM umpire.referrals AS u JOIN referrals.relationships AS r ON r.id = u.relationship_id
     CROSS JOIN LATERAL (VALUES (r.registered_at), (r.activated_at), (r.qualified_at), (r.retained_at)) AS s (at)
     WHERE u.event_id = ANY ($1) AND s.at IS NOT NULL`,
    [eventIds],
  );
  const gone = await client.query<{ id: string; referrer_id: string; qualified_at: Date | null }>(
    `DELETE FROM referrals.relationships AS r USING umpire.referrals AS u
     WHERE u.event_id = ANY ($1) AND r.id = u.relationship_id RETURNING r.id, r.referrer_id, u.qualified_at`,
    [eventIds],
  );
  const ids = gone.rows.map(({ id }) => id);
  await client.query('DELETE FROM umpire_rescored WHERE relationship_id = ANY ($1)', [ids]);
  await client.query('DELETE FROM umpire_touched WHERE relationship_id = ANY ($1)', [ids]);
  // What it counted for in the tier of its referrer.
  const qualified = gone.rows.filter(({ qualified_at: at }) => at !== null);
  const referrers = qualified.map(({ referrer_id: id }) => id);
  await client.query('SELECT umpire.retier_bonuses($1, $2)', [referrers, qualified.map(({ qualified_at: at }) => at)]);
  await client.query('SELECT umpire.recount_tiers($1, $2)', [referrers, now]);
  await client.query('SELECT umpire.retime_claims($1)', [gone.rows.map(({ referrer_id: id }) => id)]);
}

/** A referee has one referral: a later one that a following page is yet to judge again makes room at once. */
async function displaceLater(client: Client, accepted: readonly string[], now: Date): Promise<void> {
  const { rows } = await client.query<{ event_id: string }>(
    `SELECT r.event_id FROM umpire.registrations AS g JOIN umpire.referrals AS r ON r.referee_id = g.referee_id
     WHERE g.event_id = ANY ($1) AND r.event_id <> g.event_id`,
    [accepted],
  );
  if (rows.length === 0) return;
  const eventIds = rows.map(({ event_id: id }) => id);
  await removeReferrals(client, eventIds, now);
  await client.query(
    `UPDATE umpire.registrations SET outcome = NULL, code_id = NULL, referrer_id = NULL, is_campaign = NULL WHERE event_id = ANY ($1)`,
    [eventIds],
  );
  await keepRegistrations(client, eventIds);
}

async function makeReferrals(client: Client, eventIds: readonly string[]): Promise<void> {
  await client.query(
    `INSERT INTO umpire.stale_days (day)
     SELECT DISTINCT (g.at AT TIME ZONE 'UTC')::date FROM umpire.registrations AS g WHERE g.event_id = ANY ($1)`,
    [eventIds],
  );
  await client.query(
    `INSERT INTO referrals.relationships (id, referrer_id, referee_id, code_id, source_app_id, registered_at, created_at, updated_at)
     SELECT md5('relationship:' || g.event_id)::uuid, g.referrer_id, g.referee_id, g.code_id, g.source_app_id, g.at, g.at, g.at
     FROM umpire.registrations AS g WHERE g.event_id = ANY ($1)`,
    [eventIds],
  );
  await client.query(
    `INSERT INTO umpire.referrals (relationship_id, event_id, at, referrer_id, referee_id, code_id, ip_hash, network_hashes,
       device_hash, ip_type, fingerprint_id, pattern_hits)
     SELECT md5('relationship:' || g.event_id)::uuid, g.event_id, g.at, g.referrer_id, g.referee_id, g.code_id, g.ip_hash, g.network_hashes,
       g.device_hash, g.ip_type, g.fingerprint_id, g.pattern_hits
     FROM umpire.registrations AS g WHERE g.event_id = ANY ($1)`,
    [eventIds],
  );
  await client.query(
    `INSERT INTO umpire_touched SELECT relationship_id FROM umpire.referrals WHERE event_id = ANY ($1) ON CONFLICT DO NOTHING`,
    [eventIds],
  );
  await client.query(NEIGHBOURS, [eventIds]);
}
