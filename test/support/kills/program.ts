import type { MethodName, MethodRequest, MethodResponse } from '../../../core/contract/methods.ts';
import type { Notice } from '../../../core/contract/notices.ts';
import { until } from '../until.ts';

/** What is killed: the core host alone, or the whole program with its window. */
export type Program = {
  /** Null where it died before it answered; throws a RefusedCall where it says no. */
  readonly call: <M extends MethodName>(method: M, request: MethodRequest<M>) => Promise<MethodResponse<M> | null>;
  readonly subscribe: (listener: (notice: Notice) => void) => void;
  readonly ended: Promise<void>;
};

/** Waits until there is a queue to work on, or nothing is left that could bring one. */
export async function isReady(program: Program): Promise<void> {
  await until(
    async () => {
      const status = await program.call('workspace.status', {});
      if (status?.state === 'failed') throw new Error(status.message);
      return status?.state === 'ready' ? true : null;
    },
    { everyMs: 10, unless: program.ended },
  );
}

/** Waits until the cache was filled once. */
export async function isFilled(program: Program): Promise<void> {
  await isReady(program);
  await until(async () => (typeof (await program.call('sync.status', {}))?.pulledAt === 'string' ? true : null), {
    everyMs: 20,
  });
}
