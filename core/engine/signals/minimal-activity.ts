import type { Signal } from '../signal.ts';

export const minimalActivity: Signal = {
  name: 'minimal_activity',
  sql: `
    SELECT b.relationship_id, jsonb_build_object('refereeId', b.referee_id, 'registeredAt', b.at, 'qualifiedAt', b.qualified_at) AS evidence
    FROM umpire_batch AS b
    WHERE b.qualified_at IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM umpire.usages AS u WHERE u.user_id = b.referee_id AND u.at BETWEEN b.at AND b.qualified_at
    )`,
  describe: (evidence, words) =>
    `No usage between registration (${words.time(evidence['registeredAt'])}) and the first purchase (${words.time(evidence['qualifiedAt'])})`,
};
