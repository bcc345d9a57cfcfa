import type { MethodHandlers } from '../contract/methods.ts';
import { serverNow } from '../postgres/clock.ts';
import { readBundle } from '../review/bundle.ts';
import { bundlePage } from '../review/bundle-page.ts';
import { openCase } from './cases.ts';
import { foundUsers } from './found-users.ts';
import type { HandlerNeeds } from './handlers.ts';
import { referenceOf } from './reference.ts';

type ReviewMethod = 'queue.page' | 'queue.summary' | 'case.get' | 'case.bundle' | 'reasons.list';

/** What a review reads: the cache alone; what the server finds besides is told when it is there. */
export function reviewHandlers({ opened, use }: HandlerNeeds): Pick<MethodHandlers, ReviewMethod> {
  const found = foundUsers(() => performance.now());
  return {
    'queue.page': async (request) => {
      const station = opened();
      return station.cache.queuePage(request, station.serverNow(), found(request.filter, station));
    },
    'queue.summary': async () => {
      const { cache, serverNow } = opened();
      return cache.queueSummary(serverNow(), referenceOf(cache.reference()).holdsEndingSoon);
    },
    'case.get': async ({ itemId }) => openCase(opened(), itemId),
    'case.bundle': ({ itemId }) =>
      use(async ({ pool }) => {
        const bundle = await readBundle(pool, itemId, await serverNow(pool));
        return bundle === null ? null : { html: bundlePage(bundle) };
      }),
    'reasons.list': async () => [...referenceOf(opened().cache.reference()).reasons],
  };
}
