import type { Signal } from '../signal.ts';

/** A window of five neighbours that contains the referral begins at most four before it and ends at most four after it. */
export const bulkRegistrations: Signal = {
  name: 'bulk_registrations',
  sql: `
    SELECT b.relationship_id, w.evidence
    FROM umpire_batch AS b
    CROSS JOIN LATERAL (
      WITH near AS (
        (SELECT r.at, r.event_id, r.referee_id FROM umpire.referrals AS r
         WHERE r.referrer_id = b.referrer_id AND (r.at, r.event_id) < (b.at, b.event_id) AND r.at > b.at - interval '60 minutes'
         ORDER BY r.at DESC, r.event_id DESC LIMIT 4)
        UNION ALL
        SELECT b.at, b.event_id, b.referee_id
        UNION ALL
        (SELECT r.at, r.event_id, r.referee_id FROM umpire.referrals AS r
         WHERE r.referrer_id = b.referrer_id AND (r.at, r.event_id) > (b.at, b.event_id) AND r.at < b.at + interval '60 minutes'
         ORDER BY r.at, r.event_id LIMIT 4)
      ),
      windows AS (SELECT at AS first, lead(at, 4) OVER (ORDER BY at, event_id) AS last FROM near),
      burst AS (SELECT min(first) AS first, max(last) AS last FROM windows WHERE last - first < interval '60 minutes')
      SELECT jsonb_build_object('firstAt', burst.first, 'lastAt', burst.last, 'registeredAt', b.at,
        'refereeIds', jsonb_agg(near.referee_id ORDER BY near.at, near.event_id)) AS evidence
      FROM burst JOIN near ON near.at BETWEEN burst.first AND burst.last
      GROUP BY burst.first, burst.last
    ) AS w`,
  describe: (evidence, words) => {
    const referees = Array.isArray(evidence['refereeIds']) ? evidence['refereeIds'].length : 5;
    const span = Date.parse(String(evidence['lastAt'])) - Date.parse(String(evidence['firstAt']));
    return `One of at least ${referees} registrations of this referrer within ${words.span(span)} (${words.time(evidence['firstAt'])} to ${words.time(evidence['lastAt'])})`;
  },
};
