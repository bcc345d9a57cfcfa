import type { Signal } from '../signal.ts';

export const sameDevice: Signal = {
  name: 'same_device',
  sql: `
    SELECT b.relationship_id, jsonb_build_object('deviceHash', b.device_hash, 'referrerId', b.referrer_id, 'refereeId', b.referee_id,
      'seenAt', s.at, 'context', s.context, 'sightingId', s.event_id, 'registeredAt', b.at) AS evidence
    FROM umpire_batch AS b
    CROSS JOIN LATERAL (
      SELECT s.at, s.context, s.event_id FROM umpire.sightings AS s
      WHERE s.user_id = b.referrer_id AND s.device_hash = b.device_hash AND (s.at, s.event_id) < (b.at, b.event_id)
      ORDER BY s.at DESC, s.event_id DESC LIMIT 1
    ) AS s`,
  describe: (evidence, words) =>
    `Both used ${evidence['erased'] === true ? 'one device, since erased' : `device ${words.short(evidence['deviceHash'])}`} (referrer ${words.time(evidence['seenAt'])}, referee ${words.time(evidence['registeredAt'])})`,
};
