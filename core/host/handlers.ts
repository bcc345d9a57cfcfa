import { z } from 'zod';
import type { MethodHandlers } from '../contract/methods.ts';
import { reasonCode, type WorkspaceStatus } from '../contract/workspace.ts';
import { rows } from '../postgres/rows.ts';
import { readCase } from '../review/case.ts';
import { decide } from '../review/decide.ts';
import { queuePage, queueSummary } from '../review/queue.ts';
import type { Session } from './session.ts';

export type HandlerNeeds = {
  /** Runs work on the open workspace; rejects with a CallFailure where there is none. */
  readonly use: <Result>(work: (session: Session) => Promise<Result>) => Promise<Result>;
  readonly status: () => Promise<WorkspaceStatus>;
  readonly retry: () => Promise<void>;
  /** Tells the window that the queue changed. */
  readonly changed: () => void;
};

/** The methods of the contract on one workspace. */
export function hostHandlers({ use, status, retry, changed }: HandlerNeeds): MethodHandlers {
  return {
    'workspace.status': status,
    'workspace.retry': async () => {
      await retry();
      return {};
    },
    'queue.page': (request) => use(({ pool }) => queuePage(pool, request, new Date())),
    'queue.summary': () => use(({ pool }) => queueSummary(pool, new Date())),
    'case.get': ({ itemId }) => use(({ pool }) => readCase(pool, itemId, new Date())),
    'case.decide': async (request) => {
      const [result] = await use(({ pool }) => decide(pool, [request], { now: new Date() }));
      if (result === undefined) throw new Error('a decision got no outcome');
      if (result.outcome === 'applied') changed();
      return result;
    },
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
