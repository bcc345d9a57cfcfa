import type { Cache } from '../cache/cache.ts';
import { counted } from '../domain/counted.ts';
import { notOverWords } from '../domain/not-over-words.ts';

/** What is told of a copy that was removed as somebody asked, where there is no server to fill another. */
export const COPY_REMOVED = 'The copy was removed from this computer.';

/** What of the outbox is not over. */
export type Left = Pick<ReturnType<Cache['counts']>, 'waiting' | 'troubled' | 'awaitingSecond'>;

/** What stays where the rest is removed. */
export const keptWords = ({ waiting, troubled, awaitingSecond }: Left): string[] =>
  notOverWords({ undelivered: waiting, unsettled: troubled, awaitingSecond });

/** What is told to whom the copy was taken from. */
export function removedWords(left: Left): string {
  const what = 'The copy of the queue was removed from this computer';
  const kept = keptWords(left);
  if (kept.length === 0) return `${what}.`;
  const stay = left.waiting + left.troubled + left.awaitingSecond === 1 ? 'stays' : 'stay';
  const then = left.waiting === 0 ? 'shown' : kept.length === 1 ? 'sent' : 'sent and shown';
  return `${what}. ${kept.join(', ')} ${stay} on this computer, to be ${then} when the login is enabled again.`;
}

/**
 * Why the copy is not removed for somebody who does not want to lose anything; null where nothing would be lost. `lost`: decisions that
 * would go with it, null where nobody knows.
 */
export function lossRefusal(lost: number | null): string | null {
  if (lost === null)
    return 'The copy cannot be read, so that nobody knows whether decisions wait in it. Nothing was removed.';
  if (lost === 0) return null;
  return `${counted(lost, 'decision')} that no server has taken or nobody has settled would be lost with the copy. Nothing was removed.`;
}
