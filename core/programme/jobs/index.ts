import type { Mode } from '../../domain/vocabulary.ts';
import { retention } from './advance-stages.ts';
import { changes } from './changes.ts';
import { fingerprintPurge } from './fingerprint-purge.ts';
import { fullPass } from './full-pass.ts';
import type { Job } from './job.ts';
import { rateLimits } from './rate-limits.ts';
import { holds } from './release-holds.ts';
import { scoring } from './scoring.ts';
import { statistics } from './statistics.ts';
import { tiers } from './tiers.ts';
import { tombstones } from './tombstones.ts';

/**
 * Every job, in the order of one round: what another service changed before all that looks at it, stages before the scores
 * that look at them, scores before what they let be paid or purged, and the figures of it all last.
 */
export const JOBS: readonly Job[] = [
  changes,
  fullPass,
  retention,
  scoring,
  holds,
  rateLimits,
  tiers,
  fingerprintPurge,
  tombstones,
  statistics,
];

export function jobsOf(mode: Mode): readonly Job[] {
  return JOBS.filter(({ modes }) => modes.includes(mode));
}
