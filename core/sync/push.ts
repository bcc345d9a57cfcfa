import { StoreFailure, stored } from './failure.ts';
import { type Answer, type Operation, type Server, ServerFailure, type SyncStore } from './ports.ts';

/** Operations of one call. */
const BATCH = 200;

export type PushNeeds = {
  readonly store: SyncStore;
  readonly server: Server;
  /** One call to the server: given up after a limit, tried again at once where it is busy. */
  readonly ask: <Value>(call: () => Promise<Value>) => Promise<Value>;
  /** Rows of the outbox that changed. */
  readonly told: (ids: readonly string[]) => void;
};

/**
 * Sends all that is queued, batch after batch. What has no answer when this throws is queued again, to be sent with the same key:
 * the server may have done it. That goes for a refusal too: only an answer to an operation is one.
 */
export async function pushQueued(needs: PushNeeds): Promise<void> {
  for (;;) {
    const operations = stored(() => needs.store.takeToSend(BATCH));
    if (operations.length === 0) return;
    needs.told(operations.map(({ id }) => id));
    await sendBatch(needs, operations);
  }
}

async function sendBatch(needs: PushNeeds, operations: readonly Operation[]): Promise<void> {
  try {
    putAnswers(needs, operations, await needs.ask(() => needs.server.push(operations)));
  } catch (error) {
    putBack(needs, operations, error);
    throw error;
  }
}

/** Asks again what became of decisions that wait for a second analyst; one whose question is refused waits on. */
export async function askAgain({ store, server, ask, told }: PushNeeds): Promise<void> {
  const operations = stored(() => store.awaiting(BATCH));
  if (operations.length === 0) return;
  const answers = await ask(() => server.push(operations));
  stored(() => store.putAnswers(answersTo(operations, answers)));
  told(operations.map(({ id }) => id));
}

function putAnswers(needs: PushNeeds, operations: readonly Operation[], answers: readonly Answer[]): void {
  const own = answersTo(operations, answers);
  stored(() => needs.store.putAnswers(own));
  needs.told(own.map(({ id }) => id));
  // A batch never counts as sent as a whole: what was not answered is not known.
  if (own.length < operations.length) {
    throw new Error(`the server answered ${own.length} of ${operations.length} operations`);
  }
}

/** Answers by key; what nobody asked is nobody's. */
function answersTo(operations: readonly Operation[], answers: readonly Answer[]): Answer[] {
  const byId = new Map(answers.map((answer) => [answer.id, answer]));
  return operations.flatMap(({ id }) => byId.get(id) ?? []);
}

/** Where even this cannot be written, they stay `sending` until `recover`, which comes before anything is sent again. */
function putBack({ store, told }: PushNeeds, operations: readonly Operation[], error: unknown): void {
  const ids = operations.map(({ id }) => id);
  const message = error instanceof ServerFailure || error instanceof StoreFailure ? error.message : null;
  stored(() => store.putBack(ids, message));
  told(ids);
}
