import type { ClaimAnswer } from '../../../core/contract/case.ts';

/** What became of taking a case from somebody. */
export function takenOverInWords(answer: ClaimAnswer, from: string): string {
  if (answer === 'unanswered')
    return `The server has not answered yet: whether it is taken over from ${from} is not known.`;
  if (answer === 'off_line') return `Not taken over from ${from}: there is no contact with the server.`;
  if (answer === 'not_open') return 'The case is not open any more.';
  return answer.isMine ? `Taken over from ${from}` : `Not taken over: ${answer.by} has it.`;
}
