import type { Server } from '../../../core/sync/ports.ts';
import { Random } from '../random.ts';
import { Client } from './client.ts';
import { happen } from './events.ts';
import { Ids, short } from './ids.ts';
import { checkHealed, isSame } from './invariants.ts';
import type { Disk, Keeper } from './keeper.ts';
import { MemoryStore } from './memory-store.ts';
import { ModelServer, RULES, type ServerRules } from './model-server.ts';
import { Network } from './network.ts';
import { Scheduler } from './scheduler.ts';
import { newItem } from './world.ts';

export type Ports = { readonly server: Server; readonly keeper: Keeper };

export type SimulationOptions = {
  /** How long there is trouble, in milliseconds of the simulation. */
  readonly workMs?: number;
  readonly disk?: (keep: number) => Disk;
  readonly rules?: Partial<ServerRules>;
  readonly mutate?: (ports: Ports) => Ports;
  readonly trace?: (line: string) => void;
};

export type Simulated = {
  /** What was found wrong, in words; none is what is wanted. */
  readonly faults: readonly string[];
  readonly decisions: number;
  readonly pulls: number;
};

const WORK_MS = 30_000;
const HEAL_MS = 300_000;

/** A store keeps what was committed and nothing else: the object itself is the disk. */
export function memoryDisk(store: Keeper): Disk {
  return { open: () => store, crash: () => undefined, remove: () => undefined };
}

/** One day of a few analysts, their computers, the network and the server, all by this seed; then everything heals, and is looked at. */
export async function simulate(seed: number, options: SimulationOptions = {}): Promise<Simulated> {
  const random = new Random(seed);
  const scheduler = new Scheduler();
  const ids = new Ids();
  const faults: string[] = [];
  const trace = (line: string): void => options.trace?.(`${(scheduler.now / 1000).toFixed(3).padStart(8)}  ${line}`);
  const fault = (what: string): void => {
    trace(`FAULT: ${what}`);
    faults.push(what);
  };
  const server = new ModelServer(scheduler, random, { ...RULES, ...options.rules });
  const items = random.int(3, 11);
  for (let nth = 0; nth < items; nth += 1) {
    const id = ids.next();
    server.state.items.set(id, newItem(id, random, 50));
  }
  server.takeBackup();

  const disks: Disk[] = [];
  const names = ['mira', 'jon', 'lea'].slice(0, random.int(2, 4));
  // Some have two computers, which know nothing of each other.
  if (random.chance(0.4)) names.push('mira');
  const sides = names.map((name) => {
    const who = { name, isLead: name === 'lea' };
    const network = new Network(scheduler, random, server, (line) => trace(`${who.name}${line}`));
    const keep = random.int(2, 9);
    const disk = (options.disk ?? ((most) => memoryDisk(new MemoryStore(most))))(keep);
    disks.push(disk);
    const pulled = (client: Client, keeper: Keeper): void => checkPulled(server, client, keeper, fault);
    const mutate = options.mutate ?? ((ports: Ports) => ports);
    const client = new Client({ who, scheduler, random, ids, network, disk, trace, fault, pulled, mutate });
    return { client, network };
  });
  const clients = sides.map(({ client }) => client);
  server.onCommit = () => {
    for (const client of clients) client.hint();
  };

  let isOver = false;
  const around = { scheduler, random, ids, server, sides, trace, isOver: () => isOver };
  const goOn = (run: () => void, most: number): void => {
    scheduler.after(random.int(50, most), () => {
      if (isOver) return;
      run();
      goOn(run, most);
    });
  };
  try {
    for (const client of clients) {
      client.start();
      goOn(() => client.act(), 4_000);
    }
    goOn(() => happen(around), 1_600);
    await scheduler.runTo(options.workMs ?? WORK_MS);

    isOver = true;
    trace('everything heals');
    server.isDown = false;
    server.disabled.clear();
    server.lookers.clear();
    for (const { client, network } of sides) {
      network.isCut = false;
      network.isCalm = true;
      client.calm();
    }
    await heal(scheduler, server, clients);
    for (const client of clients) {
      if (!client.isOver()) fault(`${client.name} has still something to send, to fetch or to ask`);
    }
    checkHealed(server, clients, fault);
  } finally {
    for (const disk of disks) disk.remove();
  }
  return {
    faults,
    decisions: clients.reduce((sum, { person }) => sum + person.told.size, 0),
    pulls: clients.reduce((sum, { pulls }) => sum + pulls, 0),
  };
}

/** Until everybody has delivered what they had, and has pulled twice since the last change. */
async function heal(scheduler: Scheduler, server: ModelServer, clients: readonly Client[]): Promise<void> {
  const limit = scheduler.now + HEAL_MS;
  let last = -1;
  let pulls: number[] = [];
  while (scheduler.now < limit) {
    await scheduler.runTo(scheduler.now + 3_000);
    const { next, isIdle } = server.transactions;
    if (next !== last || !isIdle) {
      last = isIdle ? next : -1;
      pulls = clients.map((client) => client.pulls);
    } else if (clients.every((client, nth) => client.isOver() && client.pulls >= (pulls[nth] ?? 0) + 2)) return;
  }
}

/** What is in the cache when a pull is complete is what the server had in the pull's snapshot, exactly. */
function checkPulled(server: ModelServer, { name }: Client, keeper: Keeper, fault: (what: string) => void): void {
  // What was answered on a server that was set back is known to be gone after the pull: it is looked at after the next one.
  if (keeper.toVerify(1).length > 0) return;
  const position = keeper.position();
  const then = server.pulled.get(`${position?.epoch} ${name} ${position?.cursor}`);
  if (then === undefined) {
    fault(`${name} has a position that no pull gave`);
    return;
  }
  const ids = keeper.itemIds();
  for (const id of ids) if (!then.has(id)) fault(`${name} pulled and still has ${short(id)}`);
  for (const [id, head] of then) {
    const had = keeper.look(id)?.head ?? null;
    if (!isSame(had, head))
      fault(`${name} pulled and has ${short(id)} as ${JSON.stringify(had)}, not ${JSON.stringify(head)}`);
  }
}
