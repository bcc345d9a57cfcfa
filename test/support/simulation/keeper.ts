import type { Decision } from '../../../core/domain/decision.ts';
import type { OutboxKind, OutboxState, Resolution } from '../../../core/domain/outbox.ts';
import type { ReviewStatus } from '../../../core/domain/vocabulary.ts';
import type { Head, LiveClaim, NewDecision, SyncStore } from '../../../core/sync/ports.ts';

/** A row of the outbox as the simulation looks at it. */
export type Row = {
  readonly id: string;
  readonly kind: OutboxKind;
  readonly itemId: string;
  readonly undoes: string | null;
  readonly decision: Decision | null;
  readonly state: OutboxState;
  readonly resolution: Resolution | null;
};

/** What a lead is asked for where an undo was refused. */
export const ASKS = { decision: 'escalate', reason: 'needs_lead' } as const;

export type Look = {
  /** As last pulled or answered. */
  readonly head: Head;
  /** As shown: with what was decided here and not answered yet. */
  readonly status: ReviewStatus;
  readonly facts: string | null;
  readonly isStale: boolean;
};

/** The analyst's side of a cache: what the window does and shows. A call that is refused throws. */
export type Desk = {
  decide(call: NewDecision): void;
  undo(call: { readonly id: string; readonly decisionId: string; readonly decidedAt: string }): void;
  object(call: { readonly id: string; readonly troubledId: string; readonly decidedAt: string }): void;
  resolve(id: string, resolution: Resolution): void;
  retry(id: string): void;
  look(itemId: string): Look | null;
  itemIds(): readonly string[];
  rows(): readonly Row[];
  claims(): readonly LiveClaim[];
};

export type Keeper = SyncStore & Desk;

/** What survives a crash. */
export type Disk = {
  /** A program starts on it. */
  open(): Keeper;
  /** The program is gone, without a word. */
  crash(): void;
  /** For good, at the end of a simulation. */
  remove(): void;
};
