import { TIMING_RULES } from '../../domain/constants.ts';
import type { Signal } from '../signal.ts';

export const instantQualification: Signal = {
  name: 'instant_qualification',
  sql: `
    SELECT b.relationship_id, jsonb_build_object('registeredAt', b.at, 'qualifiedAt', b.qualified_at, 'purchaseId', b.qualified_event) AS evidence
    FROM umpire_batch AS b WHERE b.qualified_at - b.at < interval '${TIMING_RULES.minTimeToQualification} milliseconds'`,
  describe: (evidence, words) =>
    `First purchase ${words.span(Date.parse(String(evidence['qualifiedAt'])) - Date.parse(String(evidence['registeredAt'])))} after registration (${words.time(evidence['qualifiedAt'])})`,
};
