import type { CacheKey } from '../contract/host.ts';
import type { MethodHandlers } from '../contract/methods.ts';
import type { WorkspaceStatus } from '../contract/workspace.ts';
import type { BulkHandlers } from './bulk-handlers.ts';
import { claimHandlers } from './claim-handlers.ts';
import type { Ready } from './contact.ts';
import { offlineBulk } from './offline-bulk.ts';
import type { OtherCopies } from './other-copies.ts';
import { outboxHandlers } from './outbox-handlers.ts';
import { reviewHandlers } from './review-handlers.ts';
import type { Session } from './session.ts';
import type { Station } from './station.ts';
import { syncHandlers } from './sync-handlers.ts';

export type HandlerNeeds = {
  /** The cache with its contact; throws a CallFailure while there is no queue to show. */
  readonly opened: () => Station;
  /** The workspace as it was told last; throws a CallFailure while there is none. */
  readonly ready: () => Ready;
  /** Throws a CallFailure where this login may not decide: nothing that the server will refuse is taken. */
  readonly mayDecide: () => void;
  /** Runs work on the server itself; rejects with a CallFailure where there is no contact. */
  readonly use: <Result>(work: (session: Session) => Promise<Result>) => Promise<Result>;
  readonly status: () => Promise<WorkspaceStatus>;
  readonly retry: () => Promise<void>;
  readonly wipe: (evenUndelivered: boolean) => Promise<void>;
  /** The other caches of this computer. */
  readonly copies: OtherCopies;
  readonly keyPlace: () => Extract<CacheKey, { state: 'had' }>['place'];
  /** This computer's clock: what it says is shown. */
  readonly now: () => Date;
  readonly bulk: BulkHandlers['handlers'];
};

/** The methods of the contract, on one cache and the server behind it. */
export function hostHandlers(needs: HandlerNeeds): MethodHandlers {
  return {
    'workspace.status': needs.status,
    'workspace.retry': async () => {
      await needs.retry();
      return {};
    },
    ...reviewHandlers(needs),
    ...claimHandlers(needs),
    ...outboxHandlers(needs),
    ...offlineBulk(needs),
    ...syncHandlers(needs),
    ...needs.bulk,
  };
}
