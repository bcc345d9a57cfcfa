import { type Decision, DECISIONS, STATUS_AFTER } from '../../../core/domain/decision.ts';
import { TROUBLED, UNDELIVERED } from '../../../core/domain/outbox.ts';
import type { Severity } from '../../../core/domain/vocabulary.ts';
import type { Server } from '../../../core/sync/ports.ts';
import { type Sync, startSync } from '../../../core/sync/start-sync.ts';
import type { Random } from '../random.ts';
import { Killed, watched } from './faults.ts';
import type { Ids } from './ids.ts';
import { evidenceOf } from './world.ts';
import { NO_REASON, POISON, type Who } from './judge.ts';
import type { Disk, Keeper, Look, Row } from './keeper.ts';
import type { Network } from './network.ts';
import type { Scheduler } from './scheduler.ts';

/** An operation that the screen told as taken. */
export type Told = {
  readonly id: string;
  readonly itemId: string;
  readonly seenBand: Severity | null;
  readonly isPoisoned: boolean;
};

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
  readonly told = new Map<string, Told>();
  /** Taken before the program was killed, which nobody was told. */
  readonly untold = new Map<string, Told>();
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
  }

  get name(): string {
    return this.needs.who.name;
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
    this.checkTold(raw, 'after a start');
    const alive = <Args extends readonly unknown[]>(run: (...args: Args) => void): ((...args: Args) => void) => {
      return (...args) => {
        if (program.isAlive) run(...args);
      };
    };
    try {
      const { server, keeper } = needs.mutate({ server: network.to(who), keeper: program.keeper });
      program.sync = startSync({
        server: () => server,
        store: keeper,
        clock: () => new Date(BEGINNING + this.skew + scheduler.now),
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
    if (program !== null) this.doing(() => this.actOn(program));
  }

  private doing(what: () => void): void {
    try {
      what();
    } catch (error) {
      if (!(error instanceof Killed) && !(error instanceof DiskFull)) throw error;
    }
  }

  private actOn(program: Program): void {
    const { random } = this.needs;
    const roll = random.next();
    if (roll < 0.55) this.decideOne(program);
    else if (roll < 0.7) this.undoOne(program);
    else if (roll < 0.87) this.settleOne(program);
    else if (roll < 0.94) this.openOne(program);
    else if (roll < 0.96) program.sync?.now();
    else if (roll < 0.98) this.skew = random.int(-9, 10) * DAY;
    else void this.restart();
  }

  private decideOne(program: Program): void {
    const looks = program.keeper.itemIds().flatMap((id) => program.keeper.look(id) ?? []);
    const open = looks.filter(({ status }) => status === 'pending' || (status === 'escalated' && this.isLead));
    if (open.length > 0) this.decide(program, this.needs.random.pick(open));
  }

  private decide(program: Program, { head, facts }: Look): boolean {
    const { random, ids } = this.needs;
    const decision: Decision = random.chance(0.15) ? 'escalate' : random.pick(DECISIONS.slice(0, 2));
    const { itemId } = head;
    const id = ids.next();
    // What is looked at is the evidence, where there is some, or the row of the queue, as in bulk.
    const { version, priority } = facts === null || random.chance(0.5) ? head : evidenceOf(facts);
    const isPoisoned = random.chance(0.03);
    const isTaken = this.take(program, { id, itemId, seenBand: priority, isPoisoned }, () =>
      program.keeper.decide({
        id,
        itemId,
        expectedVersion: version,
        decision,
        reason: random.chance(0.03) ? NO_REASON : 'household',
        note: isPoisoned ? POISON : random.chance(0.2) ? 'seen' : null,
        sessionId: null,
        decidedAt: new Date(BEGINNING + this.skew).toISOString(),
      }),
    );
    if (!isTaken) return false;
    this.trace(`decides ${short(id)}: ${decision} ${short(itemId)} v${version}${facts === null ? '' : ' whole'}`);
    const shown = program.keeper.look(itemId)?.status;
    if (shown !== STATUS_AFTER[decision]) {
      this.needs.fault(`${this.name} decided ${short(id)} and is shown ${shown}`);
    }
    return true;
  }

  private undoOne(program: Program): void {
    const { random, ids } = this.needs;
    const rows = program.keeper.rows();
    const undone = new Set(rows.map(({ undoes }) => undoes));
    const own = rows.filter(
      ({ id, kind, state }) =>
        kind === 'decide' && !undone.has(id) && ['queued', 'sending', 'applied', 'awaiting_second'].includes(state),
    );
    if (own.length === 0) return;
    // Most is taken back soon, while it is on its way.
    const onItsWay = own.filter(({ state }) => UNDELIVERED.includes(state));
    const { id: decisionId, itemId } = random.pick(onItsWay.length > 0 && random.chance(0.6) ? onItsWay : own);
    const id = ids.next();
    const decidedAt = new Date(BEGINNING + this.skew).toISOString();
    this.trace(`undoes ${short(decisionId)} by ${short(id)}`);
    const isTaken = this.take(program, { id, itemId, seenBand: null, isPoisoned: false }, () =>
      program.keeper.undo({ id, decisionId, decidedAt }),
    );
    if (!isTaken) return;
    // Where it was not sent yet it is withdrawn itself, and there is no row of an undo.
    if (!program.keeper.rows().some((row) => row.id === id)) {
      this.told.delete(id);
      const row = program.keeper.rows().find((one) => one.id === decisionId);
      if (row?.state !== 'withdrawn') this.needs.fault(`${short(decisionId)} was withdrawn and is ${row?.state}`);
    }
  }

  /** Somebody who is told that a decision came back often looks at once. */
  private lookAgain(program: Program, id: string): void {
    this.needs.scheduler.after(this.needs.random.int(1, 400), () => {
      if (program.isAlive && !this.isCalm) this.doing(() => this.settleOne(program, id));
    });
  }

  /** What a person has to look at. */
  private settleOne(program: Program, id?: string): void {
    const { random } = this.needs;
    const troubled = program.keeper
      .rows()
      .filter(({ state, resolution }) => TROUBLED.includes(state) && resolution === null);
    if (troubled.length === 0) return;
    const row = troubled.find((one) => one.id === id) ?? random.pick(troubled);
    const look = program.keeper.look(row.itemId);
    if (row.kind === 'decide' && row.state === 'conflict' && random.chance(0.4)) this.objectTo(program, row);
    else if (row.state === 'rejected' && random.chance(0.5)) this.try(() => program.keeper.retry(row.id));
    else if (look?.status === 'pending' && random.chance(0.6)) {
      if (this.decide(program, look)) program.keeper.resolve(row.id, 'redecided');
    } else program.keeper.resolve(row.id, 'kept');
    program.sync?.pushSoon();
  }

  private objectTo(program: Program, { id: troubledId, itemId }: Row): void {
    const id = this.needs.ids.next();
    const decidedAt = new Date(BEGINNING + this.skew).toISOString();
    const isTaken = this.take(program, { id, itemId, seenBand: null, isPoisoned: false }, () =>
      program.keeper.object({ id, troubledId, decidedAt }),
    );
    if (isTaken) program.keeper.resolve(troubledId, 'handed_to_lead');
  }

  private openOne(program: Program): void {
    const ids = program.keeper.itemIds();
    if (ids.length === 0) return;
    program.sync?.refresh([this.needs.random.pick(ids)]).catch(() => undefined);
  }

  /** Told as taken only when the transaction is over and the program is still there. */
  private take(program: Program, told: Told, call: () => void): boolean {
    this.untold.set(told.id, told);
    if (!this.try(call)) return false;
    this.told.set(told.id, told);
    program.sync?.pushSoon();
    return true;
  }

  /** False where the cache refused it in words. */
  private try(call: () => void): boolean {
    try {
      call();
      return true;
    } catch (error) {
      if (error instanceof Killed || error instanceof DiskFull) throw error;
      this.trace(`refused: ${error instanceof Error ? error.message : String(error)}`);
      return false;
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

  checkTold(keeper: Keeper, when: string): void {
    const rows = new Set(keeper.rows().map(({ id }) => id));
    for (const id of this.told.keys()) {
      if (!rows.has(id)) this.needs.fault(`${this.name} was told ${short(id)} was taken, and ${when} it is nowhere`);
    }
  }

  private get isLead(): boolean {
    return this.needs.who.isLead;
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

export class DiskFull extends Error {
  constructor() {
    super('The disk is full.');
  }
}

/** An id as a trace tells it. */
export function short(id: string): string {
  return `#${Number.parseInt(id.slice(-12), 16)}`;
}
