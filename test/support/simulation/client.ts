import { UNDELIVERED } from '../../../core/domain/outbox.ts';
import type { Server } from '../../../core/sync/ports.ts';
import { startSync } from '../../../core/sync/start-sync.ts';
import type { Sync } from '../../../core/sync/sync.ts';
import type { Random } from '../random.ts';
import { DiskFull, Killed, watched } from './faults.ts';
import { type Ids, short } from './ids.ts';
import type { Who } from './judge.ts';
import type { Disk, Keeper } from './keeper.ts';
import type { Network } from './network.ts';
import { Person } from './person.ts';
import type { Scheduler } from './scheduler.ts';

type Program = { isAlive: boolean; crashIn: number; readonly keeper: Keeper; sync: Sync | null };

export type ClientNeeds = {
  readonly who: Who;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly ids: Ids;
  readonly network: Network;
  readonly disk: Disk;
  readonly trace: (line: string) => void;
  readonly fault: (what: string) => void;
  /** After a pull was stored. */
  readonly pulled: (client: Client, keeper: Keeper) => void;
  /** What lies between the machine and its ports: nothing, or a mutation of the protocol. */
  readonly mutate: (ports: { readonly server: Server; readonly keeper: Keeper }) => { server: Server; keeper: Keeper };
};

const DAY = 24 * 60 * 60_000;
const BEGINNING = Date.UTC(2026, 10, 22, 12);

/** One analyst with a computer of their own: a program that is started and killed, and a disk that stays. */
export class Client {
  readonly person: Person;
  /** The disk is full. */
  isFull = false;
  /** No more crashes. */
  isCalm = false;
  pulls = 0;
  private program: Program | null = null;
  /** How far this computer's clock is off. */
  private skew: number;

  private readonly needs: ClientNeeds;
  constructor(needs: ClientNeeds) {
    this.needs = needs;
    this.skew = needs.random.int(-9, 10) * DAY;
    this.person = new Person({ ...needs, clock: () => this.clock() });
  }

  get name(): string {
    return this.needs.who.name;
  }

  private clock(): Date {
    return new Date(BEGINNING + this.skew + this.needs.scheduler.now);
  }

  start(): void {
    const { needs } = this;
    const { scheduler, random, disk, network, who } = needs;
    const raw = disk.open();
    const program: Program = {
      isAlive: true,
      // Boundaries of transactions until the program dies at one.
      crashIn: random.chance(0.6) ? random.int(1, 80) : Infinity,
      keeper: watched(raw, (method, when, writes) => this.boundary(program, method, when, writes)),
      sync: null,
    };
    this.program = program;
    this.person.checkTold(raw, 'after a start');
    const alive = <Args extends readonly unknown[]>(run: (...args: Args) => void): ((...args: Args) => void) => {
      return (...args) => {
        if (program.isAlive) run(...args);
      };
    };
    try {
      const { server, keeper } = needs.mutate({ server: this.inOrder(network.to(who), raw), keeper: program.keeper });
      program.sync = startSync({
        server: () => server,
        store: keeper,
        clock: () => this.clock(),
        timers: { after: (milliseconds, run) => scheduler.after(milliseconds, alive(run)) },
        random: () => random.next(),
        onStatus: ({ link, reason }) => this.trace(`${link}${reason === null ? '' : `: ${reason}`}`),
        onOutbox: alive((ids) => {
          const rows = new Map(program.keeper.rows().map((row) => [row.id, row.state]));
          this.trace(`outbox ${ids.map((id) => `${short(id)} ${rows.get(id)}`).join(', ')}`);
          for (const id of ids) if (rows.get(id) === 'returned') this.lookAgain(program, id);
        }),
        onPulled: alive(() => {
          this.pulls += 1;
          needs.pulled(this, raw);
        }),
        onAccountLost: alive((message) => this.trace(`account lost: ${message}`)),
        log: (line) => this.note(program, line),
      });
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
  }

  /** What is sent of an item is what was done first of all that waits: an undo before what was decided after it. */
  private inOrder(server: Server, keeper: Keeper): Server {
    const push: Server['push'] = (operations) => {
      const rows = keeper.rows();
      for (const { id, itemId } of operations) {
        const at = rows.findIndex((row) => row.id === id && row.state === 'sending');
        const overtaken = rows
          .slice(0, Math.max(at, 0))
          .find((row) => row.itemId === itemId && UNDELIVERED.includes(row.state));
        if (overtaken !== undefined) this.needs.fault(`${this.name} sends ${short(id)} before ${short(overtaken.id)}`);
      }
      return server.push(operations);
    };
    return { ...server, push };
  }

  kill(): void {
    const { program } = this;
    if (program === null) return;
    this.trace('killed');
    program.isAlive = false;
    this.program = null;
    this.needs.disk.crash();
    this.needs.scheduler.after(this.needs.random.int(10, 8_000), () => {
      if (this.program === null) this.start();
    });
  }

  /** Ended as a person ends it, and started again. */
  async restart(): Promise<void> {
    const { program } = this;
    if (program?.sync === null || program === null) return;
    this.trace('quits');
    await program.sync.stop();
    if (!program.isAlive) return;
    program.isAlive = false;
    this.needs.disk.crash();
    this.start();
  }

  /** The end of all trouble: from now on nothing fails here. */
  calm(): void {
    this.isCalm = true;
    this.isFull = false;
    if (this.program === null) this.start();
    else this.program.crashIn = Infinity;
    this.program?.sync?.now();
  }

  hint(): void {
    this.needs.network.hint();
  }

  /** There is nothing left to send, to fetch or to ask. */
  isOver(): boolean {
    const { keeper } = this;
    const isSent = !keeper.rows().some(({ state }) => UNDELIVERED.includes(state));
    return isSent && keeper.factsWanted(1).length === 0 && keeper.awaiting(1).length === 0;
  }

  get keeper(): Keeper {
    if (this.program === null) throw new Error(`${this.name} has no program`);
    return this.program.keeper;
  }

  /** The person does something, if there is a program to do it with. */
  act(): void {
    const { program } = this;
    const { random } = this.needs;
    if (program === null) return;
    const roll = random.next();
    if (roll < 0.02) this.skew = random.int(-9, 10) * DAY;
    else if (roll < 0.04) void this.restart();
    else this.doing(() => this.person.act(program));
  }

  /** Somebody who is told that a decision came back often looks at once. */
  private lookAgain(program: Program, id: string): void {
    this.needs.scheduler.after(this.needs.random.int(1, 400), () => {
      if (program.isAlive && !this.isCalm) this.doing(() => this.person.settle(program, id));
    });
  }

  private doing(what: () => void): void {
    try {
      what();
    } catch (error) {
      if (!(error instanceof Killed) && !(error instanceof DiskFull)) throw error;
    }
  }

  private boundary(program: Program, method: string, when: 'before' | 'after', writes: boolean): void {
    if (!program.isAlive) throw new Killed();
    if (writes && !this.isCalm) {
      program.crashIn -= 1;
      if (program.crashIn <= 0) {
        this.trace(`dies ${when} ${method}`);
        this.kill();
        throw new Killed();
      }
    }
    if (when === 'before' && writes && this.isFull) throw new DiskFull();
  }

  private note(program: Program, line: string): void {
    if (!program.isAlive) return;
    this.trace(`log: ${line}`);
    // The machine logs a stack only for what it did not expect.
    if (line.includes('\n')) this.needs.fault(`${this.name}: ${line}`);
  }

  private trace(line: string): void {
    this.needs.trace(`${this.name} ${line}`);
  }
}
