import type { CacheSettings } from '../../../core/contract/sync.ts';
import { counted } from '../../../core/domain/counted.ts';

/** Decisions that are nowhere but in the copy. */
export type Loss = Pick<CacheSettings, 'undelivered' | 'unsettled'>;

/** What goes with the copy. */
export function lossWords({ undelivered, unsettled }: Loss): string {
  const lost = [
    ...(undelivered > 0 ? [`${counted(undelivered, 'decision')} not delivered`] : []),
    ...(unsettled > 0 ? [`${counted(unsettled, 'decision')} that came back and nobody has settled`] : []),
  ];
  return lost.length === 0
    ? 'Every decision was delivered; nothing is lost. The queue is read anew from the server.'
    : `What would be lost is nowhere else: ${lost.join(', ')}.`;
}
