import type {
  Answer,
  Head,
  Hello,
  KeptFacts,
  KnownOperation,
  Operation,
  PullEnd,
  PullPage,
  Sent,
  Since,
} from '../../../core/sync/ports.ts';
import { ServerFailure } from '../../../core/sync/ports.ts';
import type { Random } from '../random.ts';
import { operate, type Who } from './judge.ts';
import type { Scheduler } from './scheduler.ts';
import { isVisible, type Snapshot, snapshotOf, textOf, Transactions } from './transactions.ts';
import { emptyState, factsOf, headOf, type Item, type State, stampOf, transactionsOf } from './world.ts';

/** What a faulty server would do otherwise. */
export type ServerRules = {
  /** Whether a pull that has `prev` needs what this transaction wrote. */
  readonly isNews: (xid: number, prev: Snapshot, now: Snapshot) => boolean;
  readonly stamp: (item: Item, viewer: string) => string;
  /** Whether a restore begins another epoch, and a cursor of before it is known as such. */
  readonly tellsEpochs: boolean;
  /** Whether a cursor names the last entry of the audit log, which must be there still. */
  readonly asksForHead: boolean;
};

export const RULES: ServerRules = {
  isNews: (xid: number, prev: Snapshot) => xid >= prev.xmin && !isVisible(xid, prev),
  stamp: stampOf,
  tellsEpochs: true,
  asksForHead: true,
};

const PAGE = 3;
/** Of so many pulls one tells everything. */
const ALL_EVERY = 25;
const BEGINNING = Date.UTC(2026, 10, 22, 12);

/** The server by SPEC 4 and 5 and DESIGN, in memory: transactions that commit late, keys, epochs, and a backup to be set back to. */
export class ModelServer {
  state: State = emptyState();
  readonly transactions: Transactions;
  isDown = false;
  /** How often it went down. */
  downs = 0;
  /** Logins whose account is disabled. */
  readonly disabled = new Set<string>();
  /** Logins whose role does not decide now: what is sent is refused as a whole, in its middle too. */
  readonly lookers = new Set<string>();
  /** Keys whose record a restore lost, and that were answered before. */
  readonly lost = new Set<string>();
  /** Keys that were told to be about nothing that there is; that is not stored. */
  readonly unknown = new Set<string>();
  /** Heads of each viewer as of each snapshot that a pull was made in. */
  readonly pulled = new Map<string, ReadonlyMap<string, Head>>();
  onCommit: () => void = () => undefined;
  private lives = 1;
  private entries = 0;
  private pulls = 0;
  private backup: { readonly state: State; readonly next: number } | null = null;

  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly rules: ServerRules;
  constructor(scheduler: Scheduler, random: Random, rules: ServerRules) {
    this.scheduler = scheduler;
    this.random = random;
    this.rules = rules;
    this.transactions = new Transactions(scheduler);
  }

  get epoch(): string {
    return this.rules.tellsEpochs ? `life ${this.lives}` : 'life';
  }

  /** A change by somebody who is no analyst here: the engine, a job, an owner. Nothing where the server goes down before it commits. */
  async write(
    rows: readonly string[],
    milliseconds: number,
    commit: (state: State, xid: number) => void,
  ): Promise<void> {
    if (this.isDown) return;
    try {
      await this.transactions.run(rows, milliseconds, (xid) => {
        this.log();
        commit(this.state, xid);
      });
      this.onCommit();
    } catch {
      // It was rolled back.
    }
  }

  takeBackup(): void {
    this.backup = { state: structuredClone(this.state), next: this.transactions.next };
  }

  /**
   * Down: nothing that runs commits. Where there is a backup it may come up as that: another history from there on. One that lost
   * an entry of the log may be silent: the same epoch, and more transactions begun than before.
   */
  goDown(restores: boolean, isSilent = false): void {
    this.isDown = true;
    this.downs += 1;
    const { backup } = this;
    if (!restores || backup === null) {
      this.transactions.crash(this.transactions.next);
      return;
    }
    for (const key of this.state.records.keys()) if (!backup.state.records.has(key)) this.lost.add(key);
    for (const { key, settled } of this.state.records.values()) {
      if (backup.state.records.get(key)?.settled !== settled) this.lost.add(key);
    }
    const losesEntries = this.state.log.length > backup.state.log.length;
    this.state = structuredClone(backup.state);
    if (isSilent && losesEntries) {
      this.transactions.crash(this.transactions.next + this.random.int(0, 20));
      return;
    }
    this.transactions.crash(backup.next);
    this.lives += 1;
  }

  hello(who: Who): Hello {
    this.check(who);
    return { epoch: this.epoch, analyst: who.name, role: who.isLead ? 'lead' : 'analyst' };
  }

  pull(who: Who, since: Since | null): { pages: PullPage[]; end: PullEnd } {
    this.check(who);
    const snapshot = this.transactions.snapshot();
    const cursor = `${textOf(snapshot)}#${this.state.log.length}#${this.state.log.at(-1) ?? 0}`;
    const isOfHere = since !== null && since.cursor !== '' && since.epoch === this.epoch && this.hasHead(since.cursor);
    const prev = isOfHere ? snapshotOf(since.cursor) : null;
    const isSameHistory = prev !== null && (prev.xmax <= snapshot.xmax || !this.rules.tellsEpochs);
    // Now and then as where somebody changed the settings: everything there is, of the same history.
    this.pulls += 1;
    const isDelta = isSameHistory && since?.everything !== true && this.pulls % ALL_EVERY !== 0;
    const isNews = (xid: number): boolean => !isDelta || this.rules.isNews(xid, prev, snapshot);
    const all = this.headsFor(who.name);
    this.pulled.set(`${this.epoch} ${who.name} ${cursor}`, all);
    const heads = [...all.values()].filter(({ itemId }) => transactionsOf(this.itemOf(itemId), who.name).some(isNews));
    const gone = isDelta ? [...this.state.gone].flatMap(([id, xid]) => (isNews(xid) ? [id] : [])) : [];
    const pages: PullPage[] = [];
    for (let from = 0; from < heads.length; from += PAGE) {
      const done = Math.min(heads.length, from + PAGE);
      pages.push({ heads: heads.slice(from, done), gone: [], done, total: heads.length });
    }
    if (isDelta) pages.splice(0, pages.length, { heads, gone, done: heads.length, total: heads.length });
    const end = {
      epoch: this.epoch,
      cursor,
      full: !isDelta,
      isSameHistory,
      claims: [...this.state.claims],
      at: this.now(),
      erased: [],
    };
    return { pages, end };
  }

  /** Whether the last entry that the cursor names is in the log still. */
  hasHead(cursor: string): boolean {
    const [, length, entry] = cursor.split('#').map(Number);
    if (!this.rules.asksForHead || length === undefined || length === 0) return true;
    return this.state.log[length - 1] === entry;
  }

  facts(who: Who, ids: readonly string[]): KeptFacts[] {
    this.check(who);
    return ids.flatMap((id) => {
      const item = this.state.items.get(id);
      return item === undefined
        ? []
        : [{ itemId: id, stamp: this.rules.stamp(item, who.name), json: factsOf(item), at: this.now(), people: [] }];
    });
  }

  /** Each operation is a transaction of its own: where the server goes down between two, the first has had effect. */
  async push(who: Who, operations: readonly Operation[]): Promise<Answer[]> {
    this.check(who);
    const seesOnly = (): void => {
      if (this.lookers.has(who.name)) throw new ServerFailure('refused', 'This login may only look at present.');
    };
    seesOnly();
    const answers: Answer[] = [];
    for (const operation of operations) {
      this.check(who);
      seesOnly();
      const rows = [`item ${operation.itemId}`, `money ${operation.itemId}`];
      try {
        const answer = await this.transactions.run(rows, this.writingTime(), (xid) => {
          const before = this.state.records.size;
          const told = operate(this.state, who, operation, xid);
          if (this.state.records.size > before) this.log();
          return told;
        });
        if (answer.outcome === 'unknown') this.unknown.add(operation.id);
        answers.push(answer);
      } catch {
        throw new ServerFailure('link', 'The server went down.');
      }
      this.onCommit();
    }
    return answers;
  }

  known(who: Who, sent: readonly Sent[]): KnownOperation[] {
    this.check(who);
    return sent.flatMap(({ id }) => {
      const record = this.state.records.get(id);
      if (record === undefined) return [];
      return [{ id, waits: record.answer.outcome === 'awaiting_second' && record.settled === null }];
    });
  }

  reference(who: Who): { json: string } {
    this.check(who);
    return { json: String(this.state.reference) };
  }

  headsFor(viewer: string): Map<string, Head> {
    return new Map([...this.state.items.values()].map((one) => [one.id, headOf(one, viewer, this.rules.stamp)]));
  }

  private now(): string {
    return new Date(BEGINNING + this.scheduler.now).toISOString();
  }

  /** Most transactions are short; some stay open while many others come and go. */
  writingTime(): number {
    return this.random.chance(0.15) ? this.random.int(500, 8_000) : this.random.int(1, 40);
  }

  private log(): void {
    this.state.log.push((this.entries += 1));
  }

  private itemOf(id: string): Item {
    const item = this.state.items.get(id);
    if (item === undefined) throw new Error(`no item ${id}`);
    return item;
  }

  private check({ name }: Who): void {
    if (this.isDown) throw new ServerFailure('link', 'The server is down.');
    if (this.disabled.has(name)) throw new ServerFailure('account', 'This account was disabled.');
  }
}
