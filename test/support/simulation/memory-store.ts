import { compareBands } from '../../../core/domain/band.ts';
import { STATUS_AFTER } from '../../../core/domain/decision.ts';
import { type OutboxState, type Resolution, TROUBLED, UNDELIVERED } from '../../../core/domain/outbox.ts';
import type { ReviewStatus, Severity } from '../../../core/domain/vocabulary.ts';
import type {
  Answer,
  Head,
  KeptFacts,
  KnownOperation,
  LiveClaim,
  NewDecision,
  Operation,
  PullEnd,
  PullPage,
  Reference,
  Sent,
} from '../../../core/sync/ports.ts';
import { ASKS, type Keeper, type Look, type Row } from './keeper.ts';

/** A row of the outbox. */
export type Entry = {
  operation: Operation;
  /** The version of the head when it was decided, and its band. */
  seen: { readonly version: number; readonly priority: Severity } | null;
  state: OutboxState;
  attempts: number;
  resolution: Resolution | null;
  /** How the item stood when it was asked last whether a second analyst has decided. */
  askedAt: string | null;
  /** By which pull; null before an answer. */
  answeredIn: number | null;
  isVerified: boolean;
};

type Kept = { readonly stamp: string; readonly json: string };

/**
 * SyncStore and the desk's side of a cache by their comments alone, in memory. Every method checks first and changes then, so that it
 * has all of its effect or none; the object is the disk, and outlives the programs that use it.
 */
export class MemoryStore implements Keeper {
  protected heads = new Map<string, Head>();
  protected readonly facts = new Map<string, Kept>();
  /** How items stand by answers that are newer than their heads. */
  protected readonly answered = new Map<string, { readonly status: ReviewStatus; readonly version: number }>();
  protected readonly outbox = new Map<string, Entry>();
  protected at: { readonly epoch: string; readonly cursor: string } | null = null;
  protected pull = 0;
  private pulled = 0;
  private isDoubted = false;
  protected staged: PullPage[] = [];
  private live: readonly LiveClaim[] = [];
  private known: string | null = null;

  private readonly keep: number;
  constructor(keep: number) {
    this.keep = keep;
  }

  position(): { readonly epoch: string; readonly cursor: string } | null {
    return this.at;
  }

  witness(): { readonly epoch: string; readonly cursor: string } | null {
    return this.at;
  }

  beginPull(): number {
    this.pull += 1;
    this.staged = [];
    return this.pull;
  }

  putPage(pull: number, page: PullPage): void {
    if (pull === this.pull) this.staged.push(page);
  }

  endPull(pull: number, end: PullEnd, last: PullPage | null): void {
    if (pull !== this.pull) return;
    if (last !== null) this.staged.push(last);
    if (end.full) this.heads = new Map();
    // A lower version is then another history's.
    const isOther = end.full && !end.isSameHistory;
    if (isOther) this.answered.clear();
    this.apply(this.staged);
    if (isOther) this.beginEpoch();
    this.live = end.claims;
    this.at = { epoch: end.epoch, cursor: end.cursor };
    this.pulled = pull;
    this.pull += 1;
    this.staged = [];
  }

  /** Transaction ids and versions begin again: the same stamp is another moment, the same version other evidence. */
  protected beginEpoch(): void {
    this.facts.clear();
    this.isDoubted = false;
    for (const entry of this.outbox.values()) {
      entry.isVerified = false;
      const { operation, seen } = entry;
      const head = this.heads.get(operation.itemId);
      if (operation.kind !== 'decide' || head === undefined) continue;
      // What was looked at is known only where it was the head of then.
      const isKnown = seen !== null && seen.version === operation.expectedVersion;
      const isGood = isKnown && compareBands(head.priority, seen.priority) <= 0;
      entry.operation = { ...operation, expectedVersion: isGood ? head.version : 0 };
      entry.seen = isGood ? { version: head.version, priority: seen.priority } : null;
    }
  }

  protected apply(pages: readonly PullPage[]): void {
    for (const { heads, gone } of pages) {
      for (const id of gone) this.heads.delete(id);
      for (const head of heads) {
        if ((this.heads.get(head.itemId)?.version ?? 0) <= head.version) this.heads.set(head.itemId, head);
        if ((this.answered.get(head.itemId)?.version ?? Infinity) <= head.version) this.answered.delete(head.itemId);
      }
    }
  }

  recover(): void {
    for (const entry of this.outbox.values()) if (entry.state === 'sending') entry.state = 'queued';
  }

  takeToSend(most: number): Operation[] {
    const taken: Operation[] = [];
    const busy = new Set<string>();
    for (const entry of this.outbox.values()) {
      if (!UNDELIVERED.includes(entry.state)) continue;
      const { itemId } = entry.operation;
      if (entry.state === 'sending' || busy.has(itemId)) {
        busy.add(itemId);
        continue;
      }
      busy.add(itemId);
      if (taken.length < most) taken.push(entry.operation);
    }
    for (const { id } of taken) {
      const entry = this.entryOf(id);
      entry.state = 'sending';
      entry.attempts += 1;
    }
    return taken;
  }

  putAnswers(answers: readonly Answer[]): string[] {
    return answers
      .filter((answer) => {
        const before = this.outbox.get(answer.id)?.state;
        this.putAnswer(answer);
        return this.outbox.get(answer.id)?.state !== before;
      })
      .map(({ id }) => id);
  }

  protected putAnswer(answer: Answer): void {
    const entry = this.outbox.get(answer.id);
    if (entry === undefined || (entry.state !== 'sending' && entry.state !== 'awaiting_second')) return;
    const { operation } = entry;
    entry.state = stateOf(answer);
    entry.answeredIn = this.pull;
    this.patch(operation.itemId, answer);
    const head = this.heads.get(operation.itemId);
    entry.askedAt = head === undefined ? null : `${head.version} ${head.stamp}`;
    if (operation.kind === 'undo') this.closeUndone(operation.undoes, answer);
    else if (isWithoutEffect(entry.state)) this.withdrawUndosOf(answer.id);
  }

  /** The head keeps the version of its evidence: what is decided next is expected on what was looked at. */
  protected patch(itemId: string, { status, version }: Answer): void {
    const head = this.heads.get(itemId);
    if (head === undefined || status === null || version === null) return;
    const known = Math.max(head.version, this.answered.get(itemId)?.version ?? 0);
    if (version > known) this.answered.set(itemId, { status, version });
  }

  /** Taken back before a second analyst answered it. */
  private closeUndone(decisionId: string, { outcome }: Answer): void {
    const target = this.outbox.get(decisionId);
    // Asked again between the two it was told to wait no more.
    const hasWaited = target?.state === 'awaiting_second' || target?.state === 'returned';
    if (hasWaited && (outcome === 'applied' || outcome === 'agreed')) target.state = 'withdrawn';
  }

  /** What had no effect needs no undo. */
  private withdrawUndosOf(decisionId: string): void {
    for (const entry of this.outbox.values()) {
      const { operation, state } = entry;
      if (operation.kind === 'undo' && operation.undoes === decisionId && state === 'queued' && entry.attempts === 0) {
        entry.state = 'withdrawn';
      }
    }
  }

  putBack(ids: readonly string[]): void {
    for (const id of ids) {
      const entry = this.outbox.get(id);
      if (entry?.state === 'sending') entry.state = 'queued';
    }
  }

  awaiting(most: number): Operation[] {
    const asked: Operation[] = [];
    for (const { operation, state, askedAt } of this.outbox.values()) {
      const head = this.heads.get(operation.itemId);
      const isChanged = head === undefined ? askedAt !== null : `${head.version} ${head.stamp}` !== askedAt;
      if (state === 'awaiting_second' && isChanged && asked.length < most) asked.push(operation);
    }
    return asked;
  }

  doubt(): void {
    for (const entry of this.outbox.values()) {
      if (entry.answeredIn === null || entry.answeredIn < this.pulled) continue;
      entry.isVerified = false;
      this.isDoubted = true;
    }
  }

  toVerify(most: number): Sent[] {
    return [...this.outbox.values()]
      .filter(({ isVerified, state, attempts, resolution }) => {
        const isAnswered = !UNDELIVERED.includes(state) && state !== 'rejected';
        return !isVerified && isAnswered && attempts > 0 && resolution === null;
      })
      .map(({ operation }) => ({ id: operation.id, itemId: operation.itemId }))
      .slice(0, most);
  }

  putVerified(asked: readonly Sent[], known: readonly KnownOperation[]): string[] {
    const changed: string[] = [];
    for (const { id } of asked) {
      const entry = this.entryOf(id);
      const { state } = entry;
      entry.isVerified = true;
      const here = known.find((one) => one.id === id);
      if (here === undefined) this.lose(entry);
      else if (here.waits && entry.operation.kind === 'decide' && entry.state !== 'awaiting_second') {
        entry.state = 'awaiting_second';
        entry.askedAt = null;
      }
      if (entry.state !== state) changed.push(id);
    }
    return changed;
  }

  /** The server does not have it: what was taken back, and that gone too, leaves nothing to look at. */
  protected lose(entry: Entry): void {
    const { operation, state } = entry;
    if (state === 'returned' || state === 'withdrawn') return;
    if (this.isDoubted && this.at !== null) this.at = { ...this.at, cursor: '' };
    const isGone = (id: string): boolean => ['returned', 'withdrawn'].includes(this.outbox.get(id)?.state ?? '');
    const isUndone = [...this.outbox.values()].some(
      (one) =>
        one.operation.kind === 'undo' &&
        one.operation.undoes === operation.id &&
        (one.state === 'applied' || one.state === 'agreed'),
    );
    const isOver = operation.kind === 'undo' ? isGone(operation.undoes) : isUndone;
    entry.state = isOver ? 'withdrawn' : 'returned';
    this.withdrawUndosOf(operation.id);
  }

  factsWanted(most: number): string[] {
    return this.wanted()
      .filter(({ itemId, stamp }) => this.facts.get(itemId)?.stamp !== stamp)
      .map(({ itemId }) => itemId)
      .slice(0, most);
  }

  /** Open items, in the order of the queue, as many as are to be kept. */
  private wanted(): Head[] {
    return [...this.heads.values()]
      .filter(({ status }) => status === 'pending' || status === 'escalated')
      .sort((a, b) => b.score - a.score || (a.itemId < b.itemId ? -1 : 1))
      .slice(0, this.keep);
  }

  putFacts(facts: readonly KeptFacts[]): void {
    for (const { itemId, stamp, json } of facts) this.facts.set(itemId, { stamp, json });
  }

  evict(): void {
    const keep = new Set(this.wanted().map(({ itemId }) => itemId));
    for (const { operation, state, resolution } of this.outbox.values()) {
      const isTroubled = TROUBLED.includes(state) && resolution === null;
      if (UNDELIVERED.includes(state) || state === 'awaiting_second' || isTroubled) keep.add(operation.itemId);
    }
    for (const id of this.facts.keys()) if (!keep.has(id)) this.facts.delete(id);
  }

  putReference({ json }: Reference): void {
    this.known = json;
  }

  reference(): string | null {
    return this.known;
  }

  decide({ id, itemId, expectedVersion, decision, reason, note }: NewDecision): void {
    const look = this.look(itemId);
    if (look === null) throw new Error('There is no such case.');
    if (look.status !== 'pending' && look.status !== 'escalated') throw new Error('It is decided.');
    // What was taken back here is open again; what is decided then is sent behind the undo.
    if (this.undelivered(itemId).at(-1)?.kind === 'decide') throw new Error('A decision on it waits to be sent.');
    this.put({ kind: 'decide', id, itemId, expectedVersion, decision, reason, note });
  }

  undo({ id, decisionId }: { readonly id: string; readonly decisionId: string }): void {
    const entry = this.entryOf(decisionId);
    // Once taken to send it may have had its effect, whatever became of the answer.
    if (entry.state === 'queued' && entry.attempts === 0) entry.state = 'withdrawn';
    else this.put({ kind: 'undo', id, itemId: entry.operation.itemId, undoes: decisionId, note: null });
  }

  object({ id, troubledId }: { readonly id: string; readonly troubledId: string }): void {
    const { operation } = this.entryOf(troubledId);
    if (operation.kind === 'object') throw new Error('A lead is asked by this already.');
    const { itemId } = operation;
    const { decision, reason } = operation.kind === 'decide' ? operation : ASKS;
    this.put({ kind: 'object', id, itemId, decision, reason, note: null });
  }

  resolve(id: string, resolution: Resolution): void {
    const entry = this.entryOf(id);
    if (!TROUBLED.includes(entry.state)) throw new Error('There is nothing to settle.');
    entry.resolution = resolution;
  }

  retry(id: string): void {
    const entry = this.entryOf(id);
    if (entry.state !== 'rejected') throw new Error('It was not rejected.');
    if (this.undelivered(entry.operation.itemId).length > 0) throw new Error('Something on it waits to be sent.');
    entry.state = 'queued';
  }

  look(itemId: string): Look | null {
    const head = this.heads.get(itemId);
    if (head === undefined) return null;
    const kept = this.facts.get(itemId);
    return {
      head,
      status: this.shown(head),
      facts: kept?.json ?? null,
      isStale: kept !== undefined && kept.stamp !== head.stamp,
    };
  }

  protected shown({ itemId, status }: Head): ReviewStatus {
    const last = this.undelivered(itemId).at(-1);
    switch (last?.kind) {
      case 'decide':
        return STATUS_AFTER[last.decision];
      case 'undo':
        return 'pending';
      case 'object':
      case undefined:
        return this.answered.get(itemId)?.status ?? status;
    }
  }

  itemIds(): readonly string[] {
    return [...this.heads.keys()];
  }

  rows(): readonly Row[] {
    return [...this.outbox.values()].map(({ operation, state, resolution }) => ({
      id: operation.id,
      kind: operation.kind,
      itemId: operation.itemId,
      undoes: operation.kind === 'undo' ? operation.undoes : null,
      decision: operation.kind === 'undo' ? null : operation.decision,
      state,
      resolution,
    }));
  }

  claims(): readonly LiveClaim[] {
    return this.live;
  }

  protected undelivered(itemId: string): Operation[] {
    return [...this.outbox.values()].flatMap(({ operation, state }) =>
      operation.itemId === itemId && UNDELIVERED.includes(state) && operation.kind !== 'object' ? [operation] : [],
    );
  }

  private put(operation: Operation): void {
    if (this.outbox.has(operation.id)) throw new Error('This key is used.');
    const seen = this.heads.get(operation.itemId) ?? null;
    this.outbox.set(operation.id, {
      operation,
      seen,
      state: 'queued',
      attempts: 0,
      resolution: null,
      askedAt: null,
      answeredIn: null,
      isVerified: true,
    });
  }

  protected entryOf(id: string): Entry {
    const entry = this.outbox.get(id);
    if (entry === undefined) throw new Error('There is no such decision.');
    return entry;
  }
}

function stateOf({ outcome }: Answer): OutboxState {
  return outcome === 'not_allowed' || outcome === 'unknown' ? 'rejected' : outcome;
}

function isWithoutEffect(state: OutboxState): boolean {
  return state === 'agreed' || state === 'conflict' || state === 'returned' || state === 'rejected';
}
