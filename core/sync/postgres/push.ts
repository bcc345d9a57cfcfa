import pg from 'pg';
import { z } from 'zod';
import { DECISION_OUTCOMES } from '../../domain/decision.ts';
import { REVIEW_STATUSES } from '../../domain/vocabulary.ts';
import { type Queryable, rows } from '../../postgres/rows.ts';
import { type Answer, type Operation, ServerFailure } from '../ports.ts';
import { inEpoch } from './epoch.ts';
import { answeredEarlier } from './known.ts';
import { type Access, inSession } from './session.ts';

/** Operations in one transaction: as many as hold nobody else up for long. */
const BATCH = 200;
const WRITE = 'BEGIN ISOLATION LEVEL READ COMMITTED';

/** One answer an operation, in their order; each has effect once, however often it is sent. */
export async function push(access: Access, operations: readonly Operation[]): Promise<Answer[]> {
  const sending: Sending = { ...access, isBegun: false };
  try {
    return await answersOf(sending, operations);
  } catch (error) {
    // What failed had no effect, and what went before it may have had.
    const isHalf = sending.isBegun && error instanceof ServerFailure && error.isWithoutEffect;
    throw isHalf ? new ServerFailure(error.kind, error.message) : error;
  }
}

/** `isBegun`: a transaction of it was committed. */
type Sending = Access & { isBegun: boolean };

async function answersOf(access: Sending, operations: readonly Operation[]): Promise<Answer[]> {
  const answers = new Map<Operation, Answer>();
  for (const batch of batches(operations)) {
    for (const [nth, answer] of (await send(access, batch)).entries()) {
      const operation = batch[nth];
      if (operation !== undefined) answers.set(operation, answer);
    }
  }
  await settle(access, operations, answers);
  return operations.map((operation) => answers.get(operation) ?? refusal(operation, 'The server gave no answer.'));
}

/** Runs of one kind, in their order: what follows on one item follows on the server too. */
function batches(operations: readonly Operation[]): Operation[][] {
  const found: Operation[][] = [];
  for (const operation of operations) {
    const last = found.at(-1);
    if (last !== undefined && last[0]?.kind === operation.kind && last.length < BATCH) last.push(operation);
    else found.push([operation]);
  }
  return found;
}

/** All in one transaction; where that fails for what one of them says, each in its own. */
async function send(access: Sending, batch: readonly Operation[]): Promise<Answer[]> {
  try {
    return await call(access, batch);
  } catch (error) {
    const words = refusedWords(error);
    if (words === null) throw error;
    const [only] = batch;
    if (only !== undefined && batch.length === 1) return [refusal(only, words)];
  }
  const answers: Answer[] = [];
  for (const operation of batch) answers.push(...(await send(access, [operation])));
  return answers;
}

/** What the server says against what was asked; null where it is about the link, the login or the program. */
function refusedWords(error: unknown): string | null {
  return error instanceof pg.DatabaseError ? error.message : null;
}

function refusal(operation: Operation, message: string): Answer {
  return {
    id: operation.id,
    outcome: 'not_allowed',
    message,
    status: null,
    version: null,
    paid: 0,
    rejected: 0,
    reversed: 0,
  };
}

const CALLS = { decide: 'umpire.decide_items', undo: 'umpire.undo_items', object: 'umpire.object_items' } as const;

async function call(access: Sending, batch: readonly Operation[]): Promise<Answer[]> {
  const kind = batch[0]?.kind;
  if (kind === undefined) return [];
  const answered = await inEpoch(access, WRITE, async (db) => {
    const found = await rows(db, z.object({ told }), `SELECT c AS told FROM ${CALLS[kind]}($1::jsonb) AS c`, [
      JSON.stringify(batch.map(callOf)),
    ]);
    return asUnderEarlierName(db, batch, found);
  });
  access.isBegun = true;
  return batch.map((operation, nth) => {
    const one = answered[nth];
    return one === undefined ? refusal(operation, 'The server gave no answer.') : answerOf(operation, one.told);
  });
}

/** A login that was renamed is refused what it had sent under its old name: that has its answer. */
async function asUnderEarlierName(
  db: Queryable,
  batch: readonly Operation[],
  answered: readonly { readonly told: Told }[],
): Promise<readonly { readonly told: Told }[]> {
  const refused = batch.filter((_, nth) => answered[nth]?.told.outcome === 'not_allowed');
  // What is no key or no item at all is refused for that, and known to nobody.
  const sent = refused.filter(({ id, itemId }) => z.guid().safeParse(id).success && z.guid().safeParse(itemId).success);
  if (sent.length === 0) return answered;
  const earlier = await answeredEarlier(db, sent);
  return answered.map((one, nth) => {
    const answer = earlier.get(batch[nth]?.id.toLowerCase() ?? '');
    return answer === undefined ? one : { told: told.parse(answer) };
  });
}

function callOf(operation: Operation): object {
  switch (operation.kind) {
    case 'decide': {
      const { id, itemId, expectedVersion, decision, reason, note } = operation;
      return { decisionId: id, itemId, expectedVersion, decision, reason, note };
    }
    case 'undo':
      return { undoId: operation.id, decisionId: operation.undoes, note: operation.note };
    case 'object': {
      const { id, itemId, decision, reason, note } = operation;
      return { objectionId: id, itemId, decision, reason, note };
    }
  }
}

/** What all three functions answer. The ids are those of the operation, in its own spelling. */
const told = z.object({
  itemId: z.string().nullish(),
  outcome: z.enum(DECISION_OUTCOMES),
  message: z.string().nullable(),
  status: z.enum(REVIEW_STATUSES).nullable(),
  version: z.number().int().nullable(),
  paid: z.number().int(),
  /** An undo rejects nothing. */
  rejected: z.number().int().default(0),
  reversed: z.number().int(),
});
type Told = z.infer<typeof told>;

/** Of an item that is not the operation's nothing is told: it would be taken for the state of that one. The pull brings it. */
function answerOf({ id, itemId }: Operation, { itemId: ofItem, status, version, ...effect }: Told): Answer {
  const isItsOwn = ofItem?.toLowerCase() === itemId.toLowerCase();
  return { id, ...effect, status: isItsOwn ? status : null, version: isItsOwn ? version : null };
}

/**
 * Second opinions take effect after the transaction that gave them: asked again, they are settled and tell what became of them.
 * What waited for a second analyst and waits no more tells what became of it.
 */
async function settle(
  access: Sending,
  operations: readonly Operation[],
  answers: Map<Operation, Answer>,
): Promise<void> {
  const waiting = (): Operation[] =>
    operations.filter((one) => one.kind === 'decide' && answers.get(one)?.outcome === 'awaiting_second');
  for (const batch of batches(waiting())) {
    for (const [nth, answer] of (await send(access, batch)).entries()) {
      const operation = batch[nth];
      if (operation !== undefined) answers.set(operation, answer);
    }
  }
  const left = waiting();
  if (left.length === 0) return;
  const settled = await inSession(access, WRITE, (db) =>
    rows(
      db,
      z.object({ id: z.string(), told }),
      `SELECT s ->> 'decisionId' AS id, s AS told FROM umpire.settled_decisions($1::uuid[]) AS s`,
      [left.map(({ id }) => id)],
    ),
  );
  const byId = new Map(settled.map((one) => [one.id, one.told]));
  for (const operation of left) {
    const one = byId.get(operation.id.toLowerCase());
    if (one !== undefined) answers.set(operation, answerOf(operation, one));
  }
}
