import type { Signal } from '../signal.ts';

export const rapidRegistration: Signal = {
  name: 'rapid_registration',
  sql: `
    SELECT b.relationship_id, jsonb_build_object('registeredAt', b.at, 'codeCreatedAt', b.code_created_at, 'previousAt', p.at,
      'previousRefereeId', p.referee_id, 'previousRelationshipId', p.relationship_id,
      'after', CASE WHEN p.at > b.at - interval '5 minutes' THEN 'registration' ELSE 'code' END) AS evidence
    FROM umpire_batch AS b
    LEFT JOIN LATERAL (
      SELECT r.at, r.referee_id, r.relationship_id FROM umpire.referrals AS r
      WHERE r.referrer_id = b.referrer_id AND (r.at, r.event_id) < (b.at, b.event_id)
      ORDER BY r.at DESC, r.event_id DESC LIMIT 1
    ) AS p ON true
    WHERE p.at > b.at - interval '5 minutes'
      OR b.code_created_at > b.at - interval '5 minutes' AND b.code_created_at <= b.at`,
  describe: (evidence, words) => {
    const since = String(evidence[evidence['after'] === 'registration' ? 'previousAt' : 'codeCreatedAt']);
    const gap = words.span(Date.parse(String(evidence['registeredAt'])) - Date.parse(since));
    return evidence['after'] === 'registration'
      ? `Registered ${gap} after the referrer’s previous referral (${words.time(since)})`
      : `Registered ${gap} after the code was made (${words.time(since)})`;
  },
};
