import type { ClaimResult } from '../contract/case.ts';
import type { EvidenceSeen } from '../contract/sync.ts';
import type { Decision, DecisionOutcome } from '../domain/decision.ts';
import type { OutboxKind, OutboxState, Resolution } from '../domain/outbox.ts';
import type { ReviewStatus, Severity } from '../domain/vocabulary.ts';

/*
 * What sync needs of a server and of a cache (DESIGN, sync protocol). The machine in this folder knows nothing else, so that it
 * runs against Postgres and SQLite as it runs against a simulated server, network and disk.
 */

/** Which history a cursor belongs to: system identifier, database, timeline, table and value of the stored counter, as one text. */
export type Epoch = string;
/** The whole `pg_snapshot` of a pull, as text: what that pull has seen. Opaque to everybody but the server. */
export type Cursor = string;

/** One item with what its row in the queue needs; exact as of the snapshot that it was pulled in. */
export type Head = {
  readonly itemId: string;
  readonly relationshipId: string;
  readonly version: number;
  /** Of the youngest change of what hangs on the item: evidence that carries another stamp is of another time. */
  readonly stamp: string;
  readonly status: ReviewStatus;
  readonly priority: Severity;
  readonly score: number;
  readonly ruleSetVersion: number;
  /** Most points first. */
  readonly signals: readonly { readonly name: string; readonly points: number }[];
  readonly referrerId: string;
  readonly refereeId: string;
  /** Shortened (SPEC 5). */
  readonly referrerName: string;
  readonly refereeName: string;
  readonly referrerReferrals: number;
  readonly code: string;
  readonly sourceAppId: string | null;
  readonly flagged: boolean;
  /** Credits that a decision is about, and what either decision would move. */
  readonly stake: number;
  readonly releases: number;
  readonly rejects: number;
  readonly takesBack: number;
  readonly secondReview: 'none' | 'needed' | 'mine';
  readonly dueAt: string;
  readonly createdAt: string;
};

/** All that a review needs, masked as SPEC 5 asks: `core/review/case-facts.ts`, as JSON. */
export type KeptFacts = {
  readonly itemId: string;
  readonly stamp: string;
  readonly json: string;
  /** When it was read, by the server's clock; not after what it shows. */
  readonly at: string;
  /** Ids of everybody whom it names or quotes, neighbours in the graph included. */
  readonly people: readonly string[];
};

/** A claim that is live on the server. */
export type LiveClaim = ClaimResult;

/** The last complete pull: of which history, and up to where. */
export type Position = { readonly epoch: Epoch; readonly cursor: Cursor };
/** From where a pull goes on. `everything`: what was read up to there is not here any more. */
export type Since = Position & { readonly everything?: boolean };

export type PullPage = {
  readonly heads: readonly Head[];
  /** Items that are gone: deleted, or no longer anybody's to see. */
  readonly gone: readonly string[];
  /** So far, and of how many where the server knows. */
  readonly done: number;
  readonly total: number | null;
};
export type PullEnd = {
  readonly epoch: Epoch;
  readonly cursor: Cursor;
  /** Whether every item was sent, so that what was not is gone. */
  readonly full: boolean;
  /** Of a full one: the history of the cursor goes on, so that versions, stamps and answers are good; not without a cursor. */
  readonly isSameHistory: boolean;
  /** All that are live. */
  readonly claims: readonly LiveClaim[];
  /** What the login is by now; not told by a server that has no roles. */
  readonly role?: string;
  /** When it was read, by the server's clock; not before what it shows. */
  readonly at: string;
  /** Ids of users who were erased since the cursor; in a full pull of all who ever were. */
  readonly erased: readonly string[];
};

/** One operation of the outbox as it is sent. */
export type Operation =
  | {
      readonly kind: 'decide';
      readonly id: string;
      readonly itemId: string;
      readonly expectedVersion: number;
      readonly decision: Decision;
      readonly reason: string;
      readonly note: string | null;
    }
  | {
      readonly kind: 'undo';
      readonly id: string;
      readonly itemId: string;
      readonly undoes: string;
      readonly note: string | null;
    }
  | {
      readonly kind: 'object';
      readonly id: string;
      readonly itemId: string;
      readonly decision: Decision;
      readonly reason: string;
      readonly note: string | null;
    };

/** The server's stored answer to one operation: the same key has the same answer for ever, but for `awaiting_second`, which may settle. */
export type Answer = {
  readonly id: string;
  readonly outcome: DecisionOutcome;
  readonly message: string | null;
  /** The operation's own item as it stands now; null where it is unknown. */
  readonly status: ReviewStatus | null;
  readonly version: number | null;
  readonly paid: number;
  readonly rejected: number;
  readonly reversed: number;
};

/** An operation that was sent, and the item that it is about. */
export type Sent = { readonly id: string; readonly itemId: string };
/** An operation that the server has, and whether it waits for a second analyst there. */
export type KnownOperation = { readonly id: string; readonly waits: boolean };

/** What changes seldom and is fetched whole: reasons, settings, rules, patterns, statistics, records of signals. Opaque JSON to the cache. */
export type Reference = { readonly json: string };

export type Hello = {
  readonly epoch: Epoch;
  /** The login, and what it is here; a login without a role gets no hello but a `refused` failure, one that is disabled an `account` one. */
  readonly analyst: string;
  readonly role: string;
};

/**
 * Why a call to the server failed. `link`: no contact, or cut on the way: whether it had effect is not known. `busy`: nothing had
 * effect, worth another try at once (40001, 40P01). `account`: the server says that this login is disabled. `refused`: the server answered, and the call as a whole is
 * wrong for it (another version of Umpire, a role or a right that is missing): it says nothing of any operation in it. Anything else that is thrown is a fault of ours.
 */
export class ServerFailure extends Error {
  readonly kind: 'link' | 'busy' | 'account' | 'refused';
  /** Of a push: it is certain that nothing in it had effect. */
  readonly isWithoutEffect: boolean;
  constructor(kind: ServerFailure['kind'], message: string, isWithoutEffect = false) {
    super(message);
    this.kind = kind;
    this.isWithoutEffect = isWithoutEffect;
  }
}

/**
 * One server as one analyst sees it. Every call may fail with a ServerFailure, and may have had effect all the same. Calls are of the
 * epoch that the last `hello` told: one that finds another fails as `link`, without effect, since versions are of one epoch.
 */
export type Server = {
  hello(): Promise<Hello>;
  /**
   * Everything that changed since `since`, in one snapshot; everything there is without it, where that is asked for, or where the cursor
   * is not of this epoch or ahead of the server. Pages come while they are read; `end` is the last.
   */
  pull(since: Since | null, onPage: (page: PullPage) => Promise<void>): Promise<PullEnd>;
  /** The evidence of these items now; unknown ones give none. */
  facts(itemIds: readonly string[]): Promise<KeptFacts[]>;
  /** One answer an operation, in their order. Each has effect by itself and once, however often it is sent. */
  push(operations: readonly Operation[]): Promise<Answer[]>;
  /**
   * Those of these operations that the server has, under whatever name they were sent, and those that went with their item; a server
   * that was set back has not all that it answered.
   */
  known(sent: readonly Sent[]): Promise<KnownOperation[]>;
  reference(): Promise<Reference>;
  /** Calls when the server hints at news (NOTIFY); hints may be lost. Returns how to stop. */
  onHint(hint: () => void): () => void;
};

export type NewDecision = {
  readonly id: string;
  readonly itemId: string;
  readonly expectedVersion: number;
  readonly decision: Decision;
  readonly reason: string;
  readonly note: string | null;
  readonly sessionId: string | null;
  /** By this computer's clock. */
  readonly decidedAt: string;
};

/** A row of the outbox. */
export type Outgoing = {
  readonly id: string;
  readonly kind: OutboxKind;
  readonly itemId: string;
  readonly expectedVersion: number | null;
  readonly decision: Decision | null;
  readonly reason: string | null;
  readonly note: string | null;
  readonly undoes: string | null;
  readonly sessionId: string | null;
  readonly decidedAt: string;
  /** What was looked at: of a decision the evidence of the version that it expects. Null where that is not known. */
  readonly seen: EvidenceSeen | null;
  readonly state: OutboxState;
  readonly message: string | null;
  readonly attempts: number;
  readonly resolution: Resolution | null;
  /** Refused in words that the server keeps under its key: sent again, it is told the same whatever has changed. */
  readonly isRefusedForGood: boolean;
  readonly paid: number;
  readonly rejected: number;
  readonly reversed: number;
};

/**
 * What sync does to the cache of one analyst on one server. Every method is one SQLite transaction, durable when it returns
 * (WAL, synchronous=FULL), and throws without any effect otherwise. All of it is synchronous: between two calls nothing else happens.
 */
export type SyncStore = {
  /** Epoch and cursor of the last complete pull; null before it and where what it brought was removed. */
  position(): Position | null;
  /** The same, also where everything is to be read anew: by it a server tells whether its history goes on. Null before the first. */
  witness(): Position | null;
  /** Begins a pull: what an interrupted one left is kept and overtaken. Returns its number. */
  beginPull(): number;
  /** Heads of a page. A lower version never overwrites within one epoch. Nothing of a pull that is not the latest begun. */
  putPage(pull: number, page: PullPage): void;
  /**
   * Position, claims, and for a full pull the removal of what it did not bring; of a delta, its only page comes with it, so that rows
   * and cursor are one transaction. A full pull of another history: kept evidence goes, and decisions that may be sent (again) are expected on the
   * version of the new head, or on 0 where its band is higher than the one that was seen: versions and stamps begin again with a restore.
   * Who was erased is in no evidence and no name any more; what was over for long, by the server's clock, leaves the outbox.
   */
  endPull(pull: number, end: PullEnd, last: PullPage | null): void;

  /** On start: what was `sending` is `queued` again. */
  recover(): void;
  /**
   * The next operations to send, at most so many, now `sending`: oldest first, one an item (and an undo only after its decision has its answer).
   */
  takeToSend(most: number): Operation[];
  /**
   * Writes answers: outcomes to states, and the status that the item is shown with until a pull brings that version of it or a later
   * one. The head's own version stays that of the evidence beside it: a decision is expected on what was looked at. Answers for rows
   * that are not `sending` or `awaiting_second` change nothing. Returns which operations are in another state than before, or are told
   * of in other words.
   */
  putAnswers(answers: readonly Answer[]): string[];
  /**
   * Not answered: `queued` again, to be sent with the same key. Whether it had effect is not known, unless this very sending certainly had
   * none: then that is as it was before.
   */
  putBack(ids: readonly string[], message: string | null, isWithoutEffect?: boolean): void;
  /** Decisions that wait for a second analyst, and whose item changed since they were asked for last: to be asked again. */
  awaiting(most: number): Operation[];

  /**
   * Before a pull: what was answered since the last complete one is to be verified after it, since its cursor knows nothing of that.
   * A full pull of another history asks for all that ever was answered.
   */
  doubt(): void;
  /** The next operations of which it is to be asked whether the server still has them; none where all are verified. */
  toVerify(most: number): Sent[];
  /**
   * What the server does not have becomes `returned`, or `withdrawn` where its undo is gone with it; what waits there for a second
   * analyst waits here too. Where something is gone and the pull before was none of everything, the cursor is empty from then on, so
   * that the next one is. Returns which operations are in another state than before.
   */
  putVerified(asked: readonly Sent[], known: readonly KnownOperation[]): string[];

  /**
   * Open items that are to be kept whole and whose evidence is missing or of another stamp: in the order of the queue, at most so many.
   * After them what is older than a day: what hangs together with other items gives them no new stamp.
   */
  factsWanted(most: number): string[];
  putFacts(facts: readonly KeptFacts[]): void;
  /** Lets go of evidence beyond what is to be kept, and of what was closed long ago; never of an item with an operation in the outbox that is not over. */
  evict(): void;
  putReference(reference: Reference): void;
};
