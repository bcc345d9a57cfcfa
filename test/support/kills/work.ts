import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { queueFilter } from '../../../core/contract/queue.ts';
import type { OutboxRow } from '../../../core/contract/sync.ts';
import type { Decision } from '../../../core/domain/decision.ts';
import { decide } from '../../../core/review/decide.ts';
import { RefusedCall } from '../host-child.ts';
import type { Random } from '../random.ts';
import type { Program } from './program.ts';
import type { ReviewedServer } from './reviewed-server.ts';

/** What the analyst was told: only this must never be lost. */
type Told = { readonly id: string; readonly itemId: string; readonly kind: OutboxRow['kind'] };
export type Record = {
  readonly told: Map<string, Told>;
  /** Asked for, whatever became of it. */
  readonly asked: Set<string>;
};

/** The moments at which a power cut finds a program at work. */
export const MOMENTS = ['decide', 'push', 'pull', 'time'] as const;
export type Moment = (typeof MOMENTS)[number];

const FILTER = queueFilter.parse({});
/** Without contact nothing is pushed: then it is killed all the same. */
const MOMENT_WITHIN_MS = 1200;

async function aDecision(program: Program, random: Random, record: Record): Promise<void> {
  const page = await program.call('queue.page', { filter: FILTER, offset: random.int(0, 30), limit: 20 });
  if (page === null || page.rows.length === 0) return;
  const { itemId, version } = random.pick(page.rows);
  const id = randomUUID();
  record.asked.add(id);
  const decision: Decision = random.chance(0.5) ? 'approve' : random.chance(0.8) ? 'reject' : 'escalate';
  const reason = { approve: 'household', reject: 'account_farm', escalate: 'needs_lead' }[decision];
  const row = await program.call('case.decide', { decisionId: id, itemId, expectedVersion: version, decision, reason });
  if (row !== null) record.told.set(id, { id, itemId, kind: 'decide' });
}

async function anUndo(program: Program, random: Random, record: Record): Promise<void> {
  const decisions = [...record.told.values()].filter(({ kind }) => kind === 'decide');
  if (decisions.length === 0) return;
  const { id: decisionId, itemId } = random.pick(decisions.slice(-30));
  const undoId = randomUUID();
  record.asked.add(undoId);
  const row = await program.call('case.undo', { undoId, decisionId });
  // Where it was not sent yet, the decision's own row is withdrawn.
  if (row?.id === undoId) record.told.set(undoId, { id: undoId, itemId, kind: 'undo' });
}

async function aSettlement(program: Program, random: Random): Promise<void> {
  const page = await program.call('sync.outbox', { troubled: true, offset: 0, limit: 20 });
  if (page === null || page.rows.length === 0) return;
  await program.call('sync.resolve', { how: 'kept', id: random.pick(page.rows).id });
}

/** What is refused has had no effect: there is nothing to keep. */
async function unlessRefused(asked: Promise<void>): Promise<void> {
  try {
    await asked;
  } catch (error) {
    if (!(error instanceof RefusedCall)) throw error;
  }
}

/** Works until the program is gone. */
async function work(program: Program, random: Random, record: Record): Promise<void> {
  const gone = new AbortController();
  void program.ended.then(() => gone.abort());
  while (!gone.signal.aborted) {
    const what = random.next();
    if (what < 0.75) await unlessRefused(aDecision(program, random, record));
    else if (what < 0.92) await unlessRefused(anUndo(program, random, record));
    else await unlessRefused(aSettlement(program, random));
    await pause(random.int(0, 20));
  }
}

/** Somebody else decides meanwhile, some of the same items; where the server is away, nobody. */
export async function others({ owner, noor }: ReviewedServer, random: Random): Promise<void> {
  const { rows } = await owner.query<{ id: string }>(
    `SELECT id FROM referrals.review_queue WHERE status = 'pending' ORDER BY priority DESC, fraud_score DESC, id LIMIT 60`,
  );
  const calls = random.shuffled(rows).slice(0, random.int(1, 4));
  await decide(
    noor,
    calls.map(({ id }) => ({ decisionId: randomUUID(), itemId: id, decision: 'reject', reason: 'self_referral' })),
  );
}

/** Without a network some cases are decided that somebody else decides otherwise meanwhile: they come back. */
export async function crossOthers(program: Program, { network, noor }: ReviewedServer, record: Record): Promise<void> {
  network.shut();
  const page = await program.call('queue.page', { filter: FILTER, offset: 40, limit: 8 });
  const rows = page?.rows ?? [];
  for (const { itemId, version } of rows) {
    const id = randomUUID();
    record.asked.add(id);
    const call = { decisionId: id, itemId, expectedVersion: version };
    await program.call('case.decide', { ...call, decision: 'approve', reason: 'household' });
    record.told.set(id, { id, itemId, kind: 'decide' });
  }
  await decide(
    noor,
    rows.map(({ itemId }) => ({ decisionId: randomUUID(), itemId, decision: 'reject', reason: 'self_referral' })),
  );
  await network.openAgain();
}

/** Lets it work, and returns when the moment to kill it has come; `working` ends with the program. */
export async function workUntil(
  moment: Moment,
  program: Program,
  { reviewed, random, record }: { readonly reviewed: ReviewedServer; readonly random: Random; readonly record: Record },
): Promise<{ readonly working: Promise<void> }> {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const working = work(program, random, record);
  switch (moment) {
    case 'decide':
      await pause(random.int(0, 200));
      // As the call is on its way.
      setTimeout(reach, random.int(0, 8));
      await unlessRefused(aDecision(program, random, record));
      break;
    case 'push':
      program.subscribe((notice) => {
        if (notice.kind === 'outbox' && notice.rows.some(({ state }) => state === 'sending')) {
          setTimeout(reach, random.int(0, 25));
        }
      });
      break;
    case 'pull':
      await others(reviewed, random).catch(() => undefined);
      setTimeout(reach, random.int(0, 60));
      break;
    case 'time':
      setTimeout(reach, random.int(20, 700));
      break;
  }
  await Promise.race([reached, pause(MOMENT_WITHIN_MS)]);
  return { working };
}
