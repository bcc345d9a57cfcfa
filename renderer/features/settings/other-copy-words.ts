import type { OtherCopy } from '../../../core/contract/sync.ts';
import { counted } from '../../../core/domain/counted.ts';

/** What is in another copy, and what to do about it. */
export function otherCopyWords({ address, login, undelivered, unsettled, why }: OtherCopy): {
  readonly what: string;
  readonly hint: string;
} {
  const made = login === null || login === '' ? '' : ` as ${login}`;
  const whose = address === null ? 'a connection that is not known' : address;
  if (undelivered === null || unsettled === null) {
    return {
      what: `Another copy on this computer, made${made} on ${whose}, cannot be read`,
      hint: why ?? 'Nobody knows whether decisions wait in it.',
    };
  }
  const waiting = undelivered + unsettled;
  if (waiting === 0) {
    return {
      what: `Another copy on this computer, made${made} on ${whose}, in which no decision waits`,
      hint: `${why === null ? '' : `${why} `}It keeps its queue, with names and evidence, until it is removed.`,
    };
  }
  const parts =
    undelivered > 0 && unsettled > 0
      ? ` ${undelivered} of them not delivered, ${unsettled} that came back and nobody has settled.`
      : '';
  return {
    what: `${counted(waiting, 'decision')} made${made} on ${whose} ${waiting === 1 ? 'waits' : 'wait'} in another copy on this computer`,
    hint: `${why ?? `Connect there${made} to ${undelivered > 0 ? 'send' : 'settle'} ${waiting === 1 ? 'it' : 'them'}.`}${parts}`,
  };
}
