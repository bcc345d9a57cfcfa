import { ask } from '../../app/bridge.ts';
import { onOutbox } from '../../app/outbox-news.ts';
import { useDecisions } from './decisions-made.ts';

/**
 * What this window may hold: what it asked for and was not told that somebody else has. A claim that was not answered in time
 * may have arrived all the same, and giving back what one does not have does nothing.
 */
const held = new Set<string>();

export function mayHold(itemId: string): void {
  held.add(itemId);
}

export function holdNot(itemId: string): void {
  held.delete(itemId);
}

function giveBack(itemId: string): void {
  if (held.delete(itemId)) ask('case.release', { itemId }).catch(() => undefined);
}

/** Gives back a case that one goes on from. */
export function giveBackLeft(itemId: string): void {
  // A decision ends the claim itself; giving it back before would hand the case to the next one meanwhile.
  const from = useDecisions.getState().decided.get(itemId);
  if (from === undefined || from.version === null) giveBack(itemId);
}

/**
 * Gives back what waits for a second analyst, from now on: no decision ended its claim, and one that stayed would tell who gave a
 * first opinion. Returns the function that ends it.
 */
export function followWaiting(): () => void {
  return onOutbox((rows) => {
    for (const { kind, state, itemId } of rows) {
      if (kind === 'decide' && state === 'awaiting_second') giveBack(itemId);
    }
  });
}
