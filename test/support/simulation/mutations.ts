import { UNDELIVERED } from '../../../core/domain/outbox.ts';
import type { Head, Operation, PullPage, Server } from '../../../core/sync/ports.ts';
import { ServerFailure } from '../../../core/sync/ports.ts';
import type { Keeper } from './keeper.ts';
import { MemoryStore } from './memory-store.ts';
import { memoryDisk, type Ports, type SimulationOptions } from './simulate.ts';

/** One way to break the protocol; each must be noticed by some seed. */
export type Mutation = { readonly name: string; readonly options: SimulationOptions };

export const MUTATIONS: readonly Mutation[] = [
  ofPorts('a decision is sent under a new key each time', ({ server, keeper }) => {
    let count = 0;
    const push: Server['push'] = async (operations) => {
      const renamed = operations.map((operation) => ({ ...operation, id: newKey(operation.id, (count += 1)) }));
      const answers = await server.push(renamed);
      return answers.map((answer, nth) => ({ ...answer, id: operations[nth]?.id ?? answer.id }));
    };
    return { server: { ...server, push }, keeper };
  }),
  ofPorts('a cut reply counts as an answer', ({ server, keeper }) => ({
    server,
    keeper: replacing(keeper, {
      putBack: (ids) => keeper.putAnswers(ids.map((id) => ({ id, ...APPLIED }))),
    }),
  })),
  ofPorts('what was being sent in a crash is not sent again', ({ server, keeper }) => ({
    server,
    keeper: replacing(keeper, { recover: () => undefined }),
  })),
  ofPorts('a conflict counts as applied', ({ server, keeper }) => ({
    server,
    keeper: replacing(keeper, {
      putAnswers: (answers) =>
        keeper.putAnswers(
          answers.map((answer) => (answer.outcome === 'conflict' ? { ...answer, outcome: 'applied' } : answer)),
        ),
    }),
  })),
  ofPorts('a refusal of a call as a whole is taken for an answer to each operation', ({ server, keeper }) => ({
    server: {
      ...server,
      push: (operations) =>
        server.push(operations).catch((error: unknown) => {
          if (!(error instanceof ServerFailure) || error.kind !== 'refused') throw error;
          return operations.map(({ id }) => ({
            id,
            outcome: 'not_allowed' as const,
            message: error.message,
            status: null,
            version: null,
            paid: 0,
            rejected: 0,
            reversed: 0,
          }));
        }),
    },
    keeper,
  })),
  ofPorts('the late answer of a pull that was given up is applied', lateAnswers),
  ofPorts('evidence is fetched once and never again', ({ server, keeper }) => ({
    server,
    keeper: replacing(keeper, {
      factsWanted: (most) =>
        keeper
          .factsWanted(1000)
          .filter((id) => keeper.look(id)?.facts === null)
          .slice(0, most),
    }),
  })),
  ofPorts('a decision is sent as of the version that the cache has by then', ({ server, keeper }) => {
    const push: Server['push'] = (operations) =>
      server.push(
        operations.map((operation) =>
          operation.kind === 'decide'
            ? { ...operation, expectedVersion: keeper.look(operation.itemId)?.head.version ?? 0 }
            : operation,
        ),
      );
    return { server: { ...server, push }, keeper };
  }),
  ofPorts('what waits for a second analyst is not asked again', ({ server, keeper }) => ({
    server,
    keeper: replacing(keeper, { awaiting: () => [] }),
  })),
  ofPorts('what a restore lost stays as it was answered', ({ server, keeper }) => ({
    server,
    keeper: replacing(keeper, { toVerify: () => [] }),
  })),
  ofServer('a restore begins no epoch', { tellsEpochs: false }),
  ofServer('a server that was set back and moved on is known by nothing', { asksForHead: false }),
  ofServer('a pull takes what has an id beyond the last one seen', { isNews: (xid, prev) => xid >= prev.xmax }),
  ofServer('a pull stops at the oldest transaction that is open', {
    isNews: (xid, prev, now) => xid >= prev.xmin && xid < now.xmin,
  }),
  ofServer('the stamp of evidence is its greatest transaction', {
    stamp: ({ item, money, people }) => String(Math.max(item.tx, money.tx, people.tx)),
  }),
  ofStore(
    'the cursor is saved before the rows',
    class extends MemoryStore {
      private late: readonly PullPage[] = [];
      protected override apply(pages: readonly PullPage[]): void {
        this.late = [...this.late, ...pages];
      }
      // A transaction of its own, after the one with the cursor: a crash between the two leaves it out.
      override factsWanted(most: number): string[] {
        super.apply(this.late);
        this.late = [];
        return super.factsWanted(most);
      }
      override recover(): void {
        this.late = [];
        super.recover();
      }
    },
  ),
  ofStore(
    'a lower version overwrites',
    class extends MemoryStore {
      protected override patch(
        itemId: string,
        { status, version }: { status: Head['status'] | null; version: number | null },
      ): void {
        const head = this.heads.get(itemId);
        if (head !== undefined && status !== null && version !== null)
          this.heads.set(itemId, { ...head, status, version });
      }
    },
  ),
  onBadLine(
    ofStore(
      'an answer raises the version of evidence that nobody has fetched',
      class extends MemoryStore {
        protected override patch(
          itemId: string,
          { status, version }: { status: Head['status'] | null; version: number | null },
        ): void {
          const head = this.heads.get(itemId);
          if (head === undefined || status === null || version === null || version <= head.version) return;
          this.heads.set(itemId, { ...head, status, version });
        }
      },
    ),
  ),
  ofStore(
    'the outbox goes with the epoch',
    class extends MemoryStore {
      protected override beginEpoch(): void {
        super.beginEpoch();
        for (const [id, { state }] of this.outbox) if (UNDELIVERED.includes(state)) this.outbox.delete(id);
      }
    },
  ),
  ofStore(
    'versions of another epoch are sent as they are',
    class extends MemoryStore {
      protected override beginEpoch(): void {
        this.facts.clear();
      }
    },
  ),
  ofStore(
    'all that is queued goes at once, the newest first',
    class extends MemoryStore {
      override takeToSend(most: number): Operation[] {
        const taken: Operation[] = [];
        for (const entry of [...this.outbox.values()].toReversed()) {
          if (entry.state !== 'queued' || taken.length === most) continue;
          entry.state = 'sending';
          entry.attempts += 1;
          taken.push(entry.operation);
        }
        return taken;
      }
    },
  ),
  ofStore(
    'what was decided here is not shown',
    class extends MemoryStore {
      protected override shown(head: Head): Head['status'] {
        return head.status;
      }
    },
  ),
  ofStore(
    'what was taken back here is shown as it was',
    class extends MemoryStore {
      protected override shown(head: Head): Head['status'] {
        return this.undelivered(head.itemId).at(-1)?.kind === 'undo' ? head.status : super.shown(head);
      }
    },
  ),
  ofStore(
    'what was decided again overtakes its undo',
    class extends MemoryStore {
      override takeToSend(most: number): Operation[] {
        const [again] = [...this.outbox.values()].filter(
          ({ operation, state }) =>
            state === 'queued' &&
            operation.kind === 'decide' &&
            [...this.outbox.values()].some(
              (one) =>
                one.state === 'queued' && one.operation.kind === 'undo' && one.operation.itemId === operation.itemId,
            ),
        );
        if (again === undefined) return super.takeToSend(most);
        again.state = 'sending';
        again.attempts += 1;
        return [again.operation];
      }
    },
  ),
  ofStore(
    'what was sent once is withdrawn here',
    class extends MemoryStore {
      override undo(call: { readonly id: string; readonly decisionId: string }): void {
        const entry = this.entryOf(call.decisionId);
        if (entry.state === 'queued') entry.state = 'withdrawn';
        else super.undo(call);
      }
    },
  ),
];

function ofPorts(name: string, mutate: (ports: Ports) => Ports): Mutation {
  return { name, options: { mutate } };
}

function ofServer(name: string, rules: NonNullable<SimulationOptions['rules']>): Mutation {
  return { name, options: { rules } };
}

function ofStore(name: string, Store: new (keep: number) => MemoryStore): Mutation {
  return { name, options: { disk: (keep) => memoryDisk(new Store(keep)) } };
}

/** Every second pull of a program is cut for a while, so that what only a pull mends stays. */
function onBadLine({ name, options }: Mutation): Mutation {
  return { name, options: { ...options, mutate: cutPulls } };
}

/** Breaks nothing: it heals as every other line does. */
export function cutPulls({ server, keeper }: Ports): Ports {
  let left = 60;
  const pull: Server['pull'] = (since, onPage) => {
    left -= 1;
    return left < 0 || left % 2 === 1
      ? server.pull(since, onPage)
      : Promise.reject(new ServerFailure('link', 'The pull was cut.'));
  };
  return { server: { ...server, pull }, keeper };
}

/** A machine that takes no notice of which pull it is that answers, on a store that does not either. */
function lateAnswers({ server, keeper }: Ports): Ports {
  let current = 0;
  const pull: Server['pull'] = async (since, onPage) => {
    const own = current;
    const pages: PullPage[] = [];
    const end = await server.pull(since, async (page) => {
      pages.push(page);
      if (own === current) await onPage(page);
    });
    if (own === current) return end;
    const late = keeper.beginPull();
    for (const page of pages) keeper.putPage(late, page);
    // The rows are old, the cursor is not: nothing brings the newer rows again.
    keeper.endPull(late, { ...end, ...keeper.position() }, null);
    throw new ServerFailure('link', 'late');
  };
  const beginPull = (): number => {
    current += 1;
    return keeper.beginPull();
  };
  return { server: { ...server, pull }, keeper: replacing(keeper, { beginPull }) };
}

const APPLIED = {
  outcome: 'applied',
  message: null,
  status: null,
  version: null,
  paid: 0,
  rejected: 0,
  reversed: 0,
} as const;

function newKey(id: string, nth: number): string {
  return `${id.slice(0, 9)}${(nth % 0x10000).toString(16).padStart(4, '0')}${id.slice(13)}`;
}

/** The same keeper with some of its methods otherwise. */
function replacing(keeper: Keeper, others: Partial<Keeper>): Keeper {
  return new Proxy(keeper, {
    get: (target, name) => (Object.hasOwn(others, name) ? Reflect.get(others, name) : Reflect.get(target, name)),
  });
}
