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
  let tries = 0;
  try {
    const answers = await needs.ask(() => {
      tries += 1;
      return needs.server.push(operations);
    });
    putAnswers(needs, operations, answers);
  } catch (error) {
    // What an earlier try did is not known by what the last one says.
    const isWithoutEffect = tries === 1 && error instanceof ServerFailure && error.isWithoutEffect;
    putBack(needs, operations, error, isWithoutEffect);
    throw error;
  }
}

/**
 * Asks again what became of decisions that wait for a second analyst; one whose question is refused waits on. Of those that wait as before
 * there is nothing to tell.
 */
export async function askAgain({ store, server, ask, told }: PushNeeds): Promise<void> {
  const operations = stored(() => store.awaiting(BATCH));
  if (operations.length === 0) return;
  const answers = await ask(() => server.push(operations));
  const changed = stored(() => store.putAnswers(answersTo(operations, answers)));
  if (changed.length > 0) told(changed);
}

function putAnswers(needs: PushNeeds, operations: readonly Operation[], answers: readonly Answer[]): void {
  const own = answersTo(operations, answers);
  const changed = stored(() => needs.store.putAnswers(own));
  // That it is answered ends that it was being sent.
  needs.told([...new Set([...own.map(({ id }) => id), ...changed])]);
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
function putBack(
  { store, told }: PushNeeds,
  operations: readonly Operation[],
  error: unknown,
  isWithoutEffect: boolean,
): void {
  const ids = operations.map(({ id }) => id);
  const message = error instanceof ServerFailure || error instanceof StoreFailure ? error.message : null;
  stored(() => store.putBack(ids, message, isWithoutEffect));
  told(ids);
}
