import { type Decision, DECISIONS, STATUS_AFTER } from '../../../core/domain/decision.ts';
import { TROUBLED, UNDELIVERED } from '../../../core/domain/outbox.ts';
import type { Severity } from '../../../core/domain/vocabulary.ts';
import type { Sync } from '../../../core/sync/sync.ts';
import type { Random } from '../random.ts';
import { DiskFull, Killed } from './faults.ts';
import { type Ids, short } from './ids.ts';
import { NO_REASON, POISON, type Who } from './judge.ts';
import type { Keeper, Look, Row } from './keeper.ts';
import { evidenceOf } from './world.ts';

/** An operation that the screen told as taken. */
export type Told = {
  readonly id: string;
  readonly itemId: string;
  readonly seenBand: Severity | null;
  readonly isPoisoned: boolean;
};

/** The program as the person has it before them. */
export type Desktop = { readonly keeper: Keeper; readonly sync: Sync | null };

export type PersonNeeds = {
  readonly who: Who;
  readonly random: Random;
  readonly ids: Ids;
  readonly clock: () => Date;
  readonly trace: (line: string) => void;
  readonly fault: (what: string) => void;
};

/** Who sits before a program, decides, changes their mind, and remembers what the screen said. */
export class Person {
  readonly told = new Map<string, Told>();
  /** Taken before the program was killed, which nobody was told. */
  readonly untold = new Map<string, Told>();

  private readonly needs: PersonNeeds;
  constructor(needs: PersonNeeds) {
    this.needs = needs;
  }

  act(program: Desktop): void {
    const roll = this.needs.random.next();
    if (roll < 0.57) this.decideOne(program);
    else if (roll < 0.73) this.undoOne(program);
    else if (roll < 0.91) this.settle(program);
    else if (roll < 0.97) this.openOne(program);
    else program.sync?.now();
  }

  private decideOne(program: Desktop): void {
    const looks = program.keeper.itemIds().flatMap((id) => program.keeper.look(id) ?? []);
    const open = looks.filter(
      ({ status }) => status === 'pending' || (status === 'escalated' && this.needs.who.isLead),
    );
    if (open.length > 0) this.decide(program, this.needs.random.pick(open));
  }

  private decide(program: Desktop, { head, facts }: Look): boolean {
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
        decidedAt: this.needs.clock().toISOString(),
      }),
    );
    if (!isTaken) return false;
    this.trace(`decides ${short(id)}: ${decision} ${short(itemId)} v${version}${facts === null ? '' : ' whole'}`);
    const shown = program.keeper.look(itemId)?.status;
    if (shown !== STATUS_AFTER[decision]) {
      this.needs.fault(`${this.needs.who.name} decided ${short(id)} and is shown ${shown}`);
    }
    return true;
  }

  private undoOne(program: Desktop): void {
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
    const decidedAt = this.needs.clock().toISOString();
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
      return;
    }
    const look = program.keeper.look(itemId);
    if (look === null) return;
    if (look.status !== 'pending' && look.status !== 'escalated') {
      this.needs.fault(`${this.needs.who.name} took ${short(decisionId)} back and is shown ${look.status}`);
    }
    // Whoever takes something back often knows what it should have been, and does not wait for a server.
    if (random.chance(0.5)) this.decide(program, look);
  }

  /** What a person has to look at. */
  settle(program: Desktop, id?: string): void {
    const { random } = this.needs;
    const troubled = program.keeper
      .rows()
      .filter(({ state, resolution }) => TROUBLED.includes(state) && resolution === null);
    if (troubled.length === 0) return;
    const row = troubled.find((one) => one.id === id) ?? random.pick(troubled);
    const look = program.keeper.look(row.itemId);
    if (row.kind !== 'object' && random.chance(row.state === 'conflict' ? 0.4 : 0.2)) this.objectTo(program, row);
    else if (row.state === 'rejected' && random.chance(0.5)) this.try(() => program.keeper.retry(row.id));
    else if (look?.status === 'pending' && random.chance(0.6)) {
      if (this.decide(program, look)) program.keeper.resolve(row.id, 'redecided');
    } else program.keeper.resolve(row.id, 'kept');
    program.sync?.pushSoon();
  }

  private objectTo(program: Desktop, { id: troubledId, itemId }: Row): void {
    const id = this.needs.ids.next();
    const decidedAt = this.needs.clock().toISOString();
    const isTaken = this.take(program, { id, itemId, seenBand: null, isPoisoned: false }, () =>
      program.keeper.object({ id, troubledId, decidedAt }),
    );
    if (isTaken) program.keeper.resolve(troubledId, 'handed_to_lead');
  }

  private openOne(program: Desktop): void {
    const ids = program.keeper.itemIds();
    if (ids.length === 0) return;
    program.sync?.refresh([this.needs.random.pick(ids)]).catch(() => undefined);
  }

  /** Told as taken only when the transaction is over and the program is still there. */
  private take(program: Desktop, told: Told, call: () => void): boolean {
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

  checkTold(keeper: Keeper, when: string): void {
    const rows = new Set(keeper.rows().map(({ id }) => id));
    for (const id of this.told.keys()) {
      if (!rows.has(id))
        this.needs.fault(`${this.needs.who.name} was told ${short(id)} was taken, and ${when} it is nowhere`);
    }
  }

  private trace(line: string): void {
    this.needs.trace(`${this.needs.who.name} ${line}`);
  }
}
