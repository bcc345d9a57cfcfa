import { z } from 'zod';
import type { MethodHandlers } from '../contract/methods.ts';
import { reasonCode, type WorkspaceStatus } from '../contract/workspace.ts';
import { rows } from '../postgres/rows.ts';
import { claimItem, claimNext, releaseClaim } from '../review/claims.ts';
import { readBundle } from '../review/bundle.ts';
import { bundlePage } from '../review/bundle-page.ts';
import { readCase } from '../review/case.ts';
import { decide } from '../review/decide.ts';
import { queuePage, queueSummary } from '../review/queue.ts';
import { undo } from '../review/undo.ts';
import { serverNow } from '../postgres/clock.ts';
import type { BulkHandlers } from './bulk-handlers.ts';
import type { Session } from './session.ts';

export type HandlerNeeds = {
  /** Runs work on the open workspace; rejects with a CallFailure where there is none. */
  readonly use: <Result>(work: (session: Session) => Promise<Result>) => Promise<Result>;
  readonly status: () => Promise<WorkspaceStatus>;
  readonly retry: () => Promise<void>;
  /** Tells the window that the queue changed. */
  readonly changed: () => void;
  readonly bulk: BulkHandlers['handlers'];
};

/** The methods of the contract on one workspace. */
export function hostHandlers({ use, status, retry, changed, bulk }: HandlerNeeds): MethodHandlers {
  return {
    'workspace.status': status,
    'workspace.retry': async () => {
      await retry();
      return {};
    },
    'queue.page': (request) => use(async ({ pool }) => queuePage(pool, request, await serverNow(pool))),
    'queue.summary': () => use(async ({ pool }) => queueSummary(pool, await serverNow(pool))),
    'queue.next': async ({ filter }) => {
      const claim = await use(async ({ pool }) => claimNext(pool, filter, await serverNow(pool)));
      if (claim !== null) changed();
      return claim;
    },
    'case.claim': ({ itemId, takeOver }) => use(({ pool }) => claimItem(pool, itemId, takeOver)),
    'case.release': async ({ itemId }) => {
      await use(({ pool }) => releaseClaim(pool, itemId));
      return {};
    },
    'case.get': ({ itemId }) => use(async ({ pool }) => readCase(pool, itemId, await serverNow(pool))),
    'case.decide': async (request) => {
      const [result] = await use(({ pool }) => decide(pool, [request]));
      if (result === undefined) throw new Error('a decision got no outcome');
      // One that waits, or ends in disagreement, is a new version of its item too.
      if (['applied', 'awaiting_second', 'conflict'].includes(result.outcome)) changed();
      return result;
    },
    'case.undo': async (request) => {
      const [result] = await use(({ pool }) => undo(pool, [request]));
      if (result === undefined) throw new Error('an undo got no outcome');
      if (result.outcome === 'applied') changed();
      return result;
    },
    ...bulk,
    'case.bundle': ({ itemId }) =>
      use(async ({ pool }) => {
        const bundle = await readBundle(pool, itemId, await serverNow(pool));
        return bundle === null ? null : { html: bundlePage(bundle) };
      }),
    'reasons.list': () =>
      use(({ pool }) =>
        rows(
          pool,
          z.object(reasonCode.shape),
          'SELECT code, label, decision FROM umpire.reason_codes WHERE is_active ORDER BY position, code',
        ),
      ),
  };
}
