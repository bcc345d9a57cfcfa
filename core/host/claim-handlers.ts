import type { ClaimResult } from '../contract/case.ts';
import type { MethodHandlers } from '../contract/methods.ts';
import { claimItem, releaseClaim } from '../review/claims.ts';
import { CallFailure } from './failure.ts';
import type { HandlerNeeds } from './handlers.ts';
import type { Station } from './station.ts';

type ClaimMethod = 'case.claim' | 'case.release' | 'queue.next';

/** In an ordinary network a claim is told by then, so that two who ask for the next case get two; nobody waits longer for a courtesy. */
const CLAIM_WITHIN_MS = 150;
/** A case that is taken from somebody is theirs until the server says so. */
const PATIENT_MS = 3000;
/** What others claimed meanwhile is passed over, at most so often. */
const MOST_TRIES = 50;

/** What the server said of a claim; null where the item is not open for this login. */
type Said = { readonly claim: ClaimResult | null };

/** Claims are the server's; without it everybody works unclaimed, and whoever comes second is told by `conflict`. */
export function claimHandlers({ opened, use, ready, mayDecide }: HandlerNeeds): Pick<MethodHandlers, ClaimMethod> {
  /** Claims that the server has not answered: what gives one back goes behind it. */
  const underWay = new Map<string, Promise<unknown>>();

  /** Null off-line, and where the server does not say in time; what changes who is shown to have it is told then. */
  async function claim(
    { contact, patience, cache, changed }: Station,
    itemId: string,
    { takeOver, milliseconds }: { readonly takeOver: boolean; readonly milliseconds: number },
  ): Promise<Said | null> {
    if (contact.session() === null) return null;
    const asked = (): Promise<Said> => {
      const said = use(async ({ pool }) => ({ claim: await claimItem(pool, itemId, takeOver) }));
      const over = said.then(
        () => undefined,
        () => undefined,
      );
      underWay.set(itemId, over);
      void over.then(() => underWay.get(itemId) === over && underWay.delete(itemId));
      return said;
    };
    try {
      return await patience.ask(milliseconds, asked, ({ claim: late }) => {
        if (late === null || (late.isMine && !takeOver)) return;
        cache.noteClaim(late);
        changed();
      });
    } catch (error) {
      if (error instanceof CallFailure && error.error.code === 'unavailable') return null;
      throw error;
    }
  }

  /** As if claimed: off-line nobody else can know of it. */
  const unclaimed = ({ serverNow }: Station, itemId: string): ClaimResult => ({
    itemId,
    by: ready().analyst,
    until: serverNow().toISOString(),
    isMine: true,
  });

  return {
    'case.claim': async ({ itemId, takeOver }) => {
      mayDecide();
      const station = opened();
      if (station.contact.session() === null) return 'off_line';
      const milliseconds = takeOver ? PATIENT_MS : CLAIM_WITHIN_MS;
      const said = await claim(station, itemId, { takeOver, milliseconds });
      return said === null ? 'unanswered' : (said.claim ?? 'not_open');
    },
    'case.release': async ({ itemId }) => {
      const { contact, patience } = opened();
      // Nobody waits for it: a claim that is not given back ends by itself.
      const release = async (): Promise<void> => {
        await underWay.get(itemId);
        if (contact.session() === null) return;
        await patience.ask(PATIENT_MS, () => use(({ pool }) => releaseClaim(pool, itemId)));
      };
      release().catch(() => undefined);
      return {};
    },
    'queue.next': async ({ filter, except }) => {
      const station = opened();
      mayDecide();
      const until = performance.now() + CLAIM_WITHIN_MS;
      const passed = except === undefined ? [] : [except];
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const itemId = station.cache.queueNext(filter, passed, station.serverNow());
        if (itemId === null) return null;
        const milliseconds = Math.max(0, until - performance.now());
        const said = await claim(station, itemId, { takeOver: false, milliseconds });
        if (said === null) return unclaimed(station, itemId);
        if (said.claim?.isMine === true) return said.claim;
        // Somebody else's, or with a lead: the next one.
        passed.push(itemId);
      }
      return null;
    },
  };
}
