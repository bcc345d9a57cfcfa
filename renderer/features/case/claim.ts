import { useEffect } from 'react';
import type { CaseAnswer, ClaimAnswer, ClaimResult } from '../../../core/contract/case.ts';
import { ask, failureText } from '../../app/bridge.ts';
import { queryClient } from '../../app/query-client.ts';
import { lastUsedAt } from '../../ui/activity.ts';
import { serverNow } from '../../ui/now.ts';
import { takenOverInWords } from './claim-words.ts';
import { say } from './decisions-made.ts';
import { giveBackLeft, holdNot, mayHold } from './held-claims.ts';
import { renewAfter } from './renew-after.ts';

/** Skimming the queue claims nothing: a case is open for work once it has stayed so long. */
const OPENED_AFTER_MS = 250;
/** How often an idle window looks whether somebody came back to it. */
const IDLE_LOOK_MS = 5_000;
const RETRY_MS = 30_000;

/** Keeps what a claim came to, and shows who has the case where it is open. */
export function noteClaim(itemId: string, result: ClaimResult | null): void {
  if (result?.isMine === false) holdNot(itemId);
  else mayHold(itemId);
  queryClient.setQueryData<CaseAnswer | null>(['case', itemId], (known) => {
    if (known?.state !== 'whole') return known;
    const claim = result === null ? null : { by: result.by, until: result.until, isMine: result.isMine };
    return { ...known, file: { ...known.file, claim } };
  });
}

/** What was not asked, or not answered, leaves on the screen whom the last answer named. */
function noteAnswer(itemId: string, answer: ClaimAnswer): ClaimResult | null {
  if (answer === 'off_line') return null;
  if (answer === 'unanswered') {
    mayHold(itemId);
    return null;
  }
  const result = answer === 'not_open' ? null : answer;
  noteClaim(itemId, result);
  return result;
}

/** Claims a case and renews it for as long as the window is used; the function returned gives it back. */
function hold(itemId: string): () => void {
  let isOver = false;
  let asked: Promise<void> = Promise.resolve();
  let askedAt = 0;
  let timer = setTimeout(claim, OPENED_AFTER_MS);

  async function askForIt(): Promise<void> {
    mayHold(itemId);
    try {
      const result = noteAnswer(itemId, await ask('case.claim', { itemId }));
      if (isOver) return;
      timer = setTimeout(renew, renewAfter(result?.until ?? null, serverNow()));
    } catch {
      // A claim is a courtesy: without one the case can be decided all the same.
      if (!isOver) timer = setTimeout(renew, RETRY_MS);
    }
  }

  function claim(): void {
    askedAt = performance.now();
    asked = askForIt();
  }

  function renew(): void {
    if (lastUsedAt() > askedAt) claim();
    else timer = setTimeout(renew, IDLE_LOOK_MS);
  }

  // A window that is closed gives back what it had; where that does not arrive any more, the claim ends by itself.
  addEventListener('pagehide', giveBackNow);
  return () => {
    removeEventListener('pagehide', giveBackNow);
    isOver = true;
    clearTimeout(timer);
    void asked.then(giveBackNow);
  };

  function giveBackNow(): void {
    giveBackLeft(itemId);
  }
}

/** Keeps the case claimed while it is open; null claims nothing. */
export function useClaim(itemId: string | null): void {
  useEffect(() => (itemId === null ? undefined : hold(itemId)), [itemId]);
}

/** Takes a case from whoever has it, which the audit log keeps. */
export async function takeOver(itemId: string, from: string): Promise<void> {
  try {
    const answer = await ask('case.claim', { itemId, takeOver: true });
    noteAnswer(itemId, answer);
    say(takenOverInWords(answer, from));
  } catch (error) {
    say(`Not taken over: ${failureText(error)}`);
  }
}
