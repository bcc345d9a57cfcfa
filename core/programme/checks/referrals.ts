import { RATE_LIMITS, TIMING_RULES } from '../../domain/constants.ts';
import type { Check } from './check.ts';

const EARLY = `interval '${TIMING_RULES.minTimeToActivation} milliseconds'`;
const RETENTION = `interval '${TIMING_RULES.retentionCheckDays} days'`;
/** The window (at − 24 h, at]: an instant is kept in microseconds. */
const DAY = `interval '23:59:59.999999'`;

/** Referrals, their stages, the places they take, and tiers (SPEC 2). */
export const REFERRAL_CHECKS: readonly Check[] = [
  {
    name: 'registration',
    modes: ['programme'],
    sql: `
      SELECT coalesce(g.event_id, r.id::text) AS subject,
        CASE WHEN r.id IS NULL THEN 'was accepted and has no referral' ELSE 'is a referral without an accepted registration' END AS detail
      FROM (SELECT * FROM umpire.registrations WHERE outcome = 'accepted') AS g
      FULL JOIN (SELECT r.id, u.event_id FROM referrals.relationships AS r LEFT JOIN umpire.referrals AS u ON u.relationship_id = r.id) AS r
        ON r.event_id = g.event_id
      WHERE r.id IS NULL OR g.event_id IS NULL`,
  },
  {
    name: 'self_referral',
    modes: ['programme', 'observe'],
    sql: `
      SELECT id::text AS subject, format('%s referred themselves', referrer_id) AS detail FROM referrals.relationships WHERE referrer_id = referee_id`,
  },
  {
    name: 'limit_code',
    modes: ['programme'],
    sql: `
      SELECT DISTINCT code AS subject, 'has more accepted registrations within 24 hours than the limit' AS detail FROM (
        SELECT code, count(*) OVER (PARTITION BY code_id ORDER BY at RANGE BETWEEN ${DAY} PRECEDING AND CURRENT ROW) AS accepted
        FROM umpire.registrations WHERE outcome = 'accepted'
      ) AS w WHERE w.accepted > ${RATE_LIMITS.registrationsPerCode.limit}`,
  },
  {
    name: 'limit_referrer',
    modes: ['programme'],
    sql: `
      SELECT DISTINCT referrer_id AS subject, 'has more accepted registrations within 24 hours than the limit' AS detail FROM (
        SELECT referrer_id, count(*) OVER (PARTITION BY referrer_id ORDER BY at RANGE BETWEEN ${DAY} PRECEDING AND CURRENT ROW) AS accepted
        FROM umpire.registrations WHERE outcome = 'accepted' AND NOT is_campaign
      ) AS w WHERE w.accepted > ${RATE_LIMITS.registrationsPerReferrer.limit}`,
  },
  {
    name: 'code',
    modes: ['programme'],
    sql: `
      SELECT coalesce(c.code, e.code) AS subject, 'is not the code that its events made, or of another owner' AS detail
      FROM referrals.codes AS c
      FULL JOIN (SELECT code, fields ->> 'user_id' AS user_id FROM umpire.code_events WHERE outcome = 'accepted') AS e ON e.code = c.code
      WHERE c.user_id IS DISTINCT FROM e.user_id
        -- A code that was there before Umpire has no event.
        AND NOT (e.code IS NULL AND NOT EXISTS (SELECT 1 FROM umpire.code_events AS a WHERE a.code = c.code))`,
  },
  {
    name: 'code_state',
    modes: ['programme'],
    sql: `
      SELECT c.code AS subject, 'is not active, or does not expire, as its events say' AS detail
      FROM referrals.codes AS c
      JOIN umpire.code_events AS made ON made.code = c.code AND made.outcome = 'accepted'
      CROSS JOIN LATERAL (
        SELECT coalesce((SELECT (e.fields ->> 'is_active')::boolean FROM umpire.code_events AS e
            WHERE e.code = c.code AND e.kind = 'updated' AND e.fields ? 'is_active' ORDER BY e.at DESC, e.event_id DESC LIMIT 1), true) AS is_active,
          (SELECT (e.fields ->> 'expires_at')::timestamptz FROM umpire.code_events AS e
            WHERE e.code = c.code AND (e.kind = 'updated' OR e.event_id = made.event_id) AND e.fields ? 'expires_at'
            ORDER BY e.at DESC, e.event_id DESC LIMIT 1) AS expires_at
      ) AS said
      WHERE (c.is_active, c.expires_at) IS DISTINCT FROM (said.is_active, said.expires_at)`,
  },
  {
    name: 'uses',
    modes: ['programme'],
    sql: `
      SELECT c.code AS subject, format('%s uses, but %s referrals', c.uses_count, count(r.id)) AS detail
      FROM referrals.codes AS c LEFT JOIN referrals.relationships AS r ON r.code_id = c.id
      GROUP BY c.id HAVING c.uses_count <> count(r.id)`,
  },
  {
    name: 'max_uses',
    modes: ['programme'],
    sql: `
      SELECT c.code AS subject, format('%s uses of at most %s', c.uses_count, c.max_uses) AS detail FROM referrals.codes AS c
      WHERE c.uses_count > c.max_uses
        AND NOT EXISTS (SELECT 1 FROM umpire.code_events AS e WHERE e.code = c.code AND e.kind = 'updated' AND e.fields ? 'max_uses')`,
  },
  {
    name: 'stage',
    modes: ['programme'],
    sql: `
      SELECT id::text AS subject, format('is %s, which its times do not say', status) AS detail FROM referrals.relationships
      WHERE status::text <> CASE WHEN retained_at IS NOT NULL THEN 'retained' WHEN qualified_at IS NOT NULL THEN 'qualified'
          WHEN activated_at IS NOT NULL THEN 'activated' ELSE 'registered' END
        OR activated_at < registered_at OR qualified_at < activated_at OR retained_at < qualified_at
        OR qualified_at IS NOT NULL AND activated_at IS NULL OR retained_at IS NOT NULL AND qualified_at IS NULL`,
  },
  {
    name: 'stage_facts',
    modes: ['programme'],
    sql: `
      SELECT r.relationship_id::text AS subject, 'has stages other than its events say' AS detail
      FROM umpire.referrals AS r JOIN referrals.relationships AS rel ON rel.id = r.relationship_id
      CROSS JOIN LATERAL (
        SELECT (SELECT min(p.at) FROM umpire.purchases AS p WHERE p.user_id = r.referee_id AND p.at >= r.at) AS qualified_at,
          (SELECT min(u.at) FROM umpire.usages AS u WHERE u.user_id = r.referee_id AND u.at >= r.at) AS used_at
      ) AS f
      CROSS JOIN LATERAL (
        SELECT least(CASE WHEN f.used_at IS NOT NULL THEN greatest(f.used_at, r.at + ${EARLY}) END, f.qualified_at) AS activated_at, greatest(r.at + ${RETENTION}, f.qualified_at) AS measured_at
      ) AS g
      WHERE rel.registered_at <> r.at OR (rel.referrer_id, rel.referee_id, rel.code_id) <> (r.referrer_id, r.referee_id, r.code_id)
        OR rel.qualified_at IS DISTINCT FROM f.qualified_at OR r.qualified_at IS DISTINCT FROM f.qualified_at
        -- Early usage and retention wait for the clock, so that they may be due and not there.
        OR rel.activated_at <> g.activated_at OR rel.activated_at IS NULL AND (f.used_at >= r.at + ${EARLY} OR f.qualified_at IS NOT NULL)
        OR rel.retained_at IS NOT NULL AND rel.retained_at IS DISTINCT FROM (
          SELECT CASE WHEN count(*) > 0 THEN greatest(g.measured_at, min(u.at)) END FROM umpire.usages AS u
          WHERE u.user_id = r.referee_id AND u.at >= r.at AND u.at > g.measured_at - interval '7 days')`,
  },
  {
    name: 'tier',
    modes: ['programme'],
    sql: `
      SELECT t.user_id AS subject, format('tier %s with %s qualified, but %s are', t.tier, t.qualified_count, q.qualified) AS detail
      FROM referrals.user_tiers AS t
      CROSS JOIN LATERAL (
        SELECT count(*)::int AS qualified FROM umpire.referrals AS r
        WHERE r.referrer_id = t.user_id AND r.qualified_at IS NOT NULL AND NOT r.is_rejected
      ) AS q
      WHERE t.qualified_count <> q.qualified OR t.tier <> umpire.tier_of(q.qualified)`,
  },
  {
    name: 'tier_missing',
    modes: ['programme'],
    sql: `
      SELECT r.referrer_id AS subject, format('%s qualified and no tier', count(*)) AS detail FROM umpire.referrals AS r
      WHERE r.qualified_at IS NOT NULL AND NOT r.is_rejected
        AND NOT EXISTS (SELECT 1 FROM referrals.user_tiers AS t WHERE t.user_id = r.referrer_id)
      GROUP BY r.referrer_id`,
  },
  {
    name: 'fingerprint',
    modes: ['programme'],
    sql: `
      SELECT f.id::text AS subject, format('%s registrations and %s flagged, but %s and %s are', f.registration_count, f.flagged_count, n.registered, n.flagged) AS detail
      FROM referrals.fingerprints AS f
      CROSS JOIN LATERAL (
        SELECT count(*) AS registered, count(*) FILTER (WHERE r.is_rejected) AS flagged FROM umpire.referrals AS r WHERE r.fingerprint_id = f.id
      ) AS n
      WHERE f.registration_count <> n.registered OR f.flagged_count <> n.flagged`,
  },
  {
    name: 'fingerprint_seen',
    modes: ['programme'],
    sql: `
      SELECT f.id::text AS subject, format('was seen from %s to %s, but also at %s and %s', f.first_seen_at, f.last_seen_at, s.first, s.last) AS detail
      FROM referrals.fingerprints AS f
      JOIN (SELECT fingerprint_id, min(at) AS first, max(at) AS last FROM umpire.sightings GROUP BY fingerprint_id) AS s ON s.fingerprint_id = f.id
      -- Whoever was erased was seen there too.
      WHERE f.first_seen_at > s.first OR f.last_seen_at < s.last`,
  },
  {
    name: 'fingerprint_link',
    modes: ['programme'],
    sql: `
      SELECT coalesce(f.user_id, s.user_id) AS subject,
        CASE WHEN f.user_id IS NULL THEN 'was seen from a fingerprint that is not linked' ELSE 'is linked to a fingerprint and was not seen from it' END AS detail
      FROM referrals.user_fingerprints AS f
      FULL JOIN (SELECT user_id, fingerprint_id, min(at) AS at FROM umpire.sightings GROUP BY user_id, fingerprint_id) AS s
        ON s.user_id = f.user_id AND s.fingerprint_id = f.fingerprint_id
      WHERE f.seen_at IS DISTINCT FROM s.at`,
  },
  {
    name: 'hash',
    modes: ['programme'],
    sql: `
      SELECT id::text AS subject, 'has an address or device that is no keyed hash' AS detail FROM referrals.fingerprints
      WHERE ip_hash !~ '^[0-9a-f]{64}$' OR device_hash !~ '^[0-9a-f]{64}$' OR user_agent_hash !~ '^[0-9a-f]{64}$'
      UNION ALL
      SELECT id::text, 'counts an address that is no keyed hash' FROM referrals.rate_limits
      WHERE identifier_type = 'ip' AND identifier !~ '^[0-9a-f]{64}$'`,
  },
];
