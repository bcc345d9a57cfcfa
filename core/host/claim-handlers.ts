import type { ClaimResult } from '../contract/case.ts';
import type { MethodHandlers } from '../contract/methods.ts';
import { claimItem, releaseClaim } from '../review/claims.ts';
import { CallFailure } from './failure.ts';
import type { HandlerNeeds } from './handlers.ts';
import { within } from './within.ts';

type ClaimMethod = 'case.claim' | 'case.release' | 'queue.next';

/** How long an opened case waits for its claim: without one it is worked on all the same. */
const ANSWER_WITHIN_MS = 3000;
/** What others claimed meanwhile is passed over, at most so often. */
const MOST_TRIES = 50;

/** Claims are the server's; without it everybody works unclaimed, and whoever comes second is told by `conflict`. */
export function claimHandlers({ opened, use, status }: HandlerNeeds): Pick<MethodHandlers, ClaimMethod> {
  /** Null off-line, and where the server does not say in time. */
  async function onServer<Result>(work: Parameters<typeof use<Result>>[0]): Promise<Result | null> {
    if (opened().contact.session() === null) return null;
    try {
      return await within(ANSWER_WITHIN_MS, use(work));
    } catch (error) {
      if (error instanceof CallFailure && error.error.code === 'unavailable') return null;
      throw error;
    }
  }

  /** As if claimed: off-line nobody else can know of it. */
  async function unclaimed(itemId: string): Promise<ClaimResult> {
    const known = await status();
    const by = known.state === 'ready' ? known.analyst : '';
    return { itemId, by, until: new Date().toISOString(), isMine: true };
  }

  return {
    'case.claim': ({ itemId, takeOver }) => onServer(({ pool }) => claimItem(pool, itemId, takeOver)),
    'case.release': async ({ itemId }) => {
      await onServer(({ pool }) => releaseClaim(pool, itemId));
      return {};
    },
    'queue.next': async ({ filter, except }) => {
      const { cache } = opened();
      const passed = except === undefined ? [] : [except];
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const itemId = cache.queueNext(filter, passed);
        if (itemId === null) return null;
        if (opened().contact.session() === null) return unclaimed(itemId);
        const claim = await onServer(async ({ pool }) => ({ claim: await claimItem(pool, itemId, false) }));
        if (claim === null) return unclaimed(itemId);
        if (claim.claim?.isMine === true) return claim.claim;
        // Somebody else's, or with a lead: the next one.
        passed.push(itemId);
      }
      return null;
    },
  };
}
