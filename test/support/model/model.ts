import { deriveBonuses } from './bonuses.ts';
import { moveWaits, payableTimes } from './claims.ts';
import { decideAll } from './decisions.ts';
import { type Facts, factsOf } from './facts.ts';
import { releaseHolds } from './holds.ts';
import { cleanLimits, forgetCleaned } from './limits.ts';
import type { Till } from './money.ts';
import { judgeRegistrations } from './registration.ts';
import type { DecisionCall, DecisionResult, UndoCall, UndoResult } from './review.ts';
import { scoreAll } from './scoring.ts';
import { setStages } from './stages.ts';
import { emptyState, type ModelEvent, type State } from './state.ts';
import { undoAll } from './undo.ts';

export type ModelReport = {
  readonly imported: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly refused: Readonly<Record<string, number>>;
};

/**
 * The programme of SPEC.md and the seed document in memory, worked out anew from all facts at every step; what SPEC says
 * stands (places once scored, payments, first holds, the highest band, the days of money) is kept from step to step.
 * `now` is the engine's clock in microseconds.
 */
export class Model {
  readonly state: State;
  private known: Facts;

  private constructor(state: State, known: Facts) {
    this.state = state;
    this.known = known;
  }

  static empty(): Model {
    return new Model(emptyState(), factsOf([]));
  }

  get facts(): Facts {
    return this.known;
  }

  copy(): Model {
    // What is only ever added to is not copied in depth.
    const { events, log, movements, ...rest } = this.state;
    const copy = structuredClone(rest);
    return new Model({ ...copy, events: new Map(events), log: [...log], movements: [...movements] }, this.known);
  }

  import(events: readonly ModelEvent[], now: number): ModelReport {
    const fresh = new Set<string>();
    let duplicates = 0;
    let rejected = 0;
    for (const event of events) {
      const before = this.state.events.get(event.id);
      if (before === undefined) {
        this.state.events.set(event.id, event);
        fresh.add(event.id);
      } else if (JSON.stringify(before) === JSON.stringify(event)) duplicates += 1;
      else rejected += 1;
    }
    this.known = factsOf(this.state.events.values());
    judgeRegistrations(this.state, this.known);
    forgetCleaned(this.state, this.known);
    this.advance(now);
    return { imported: fresh.size, duplicates, rejected, refused: this.refusals(fresh) };
  }

  /** Stages that only the clock brings. */
  advance(now: number): void {
    for (const referral of this.state.referrals.values()) setStages(referral, this.known, now);
    deriveBonuses(this.state, this.known);
    moveWaits(this.state);
  }

  score(now: number): void {
    scoreAll(this.till(now), this.known);
  }

  release(now: number): void {
    releaseHolds(this.till(now));
  }

  clean(now: number): void {
    cleanLimits(this.state, this.known, now);
  }

  decide(calls: readonly DecisionCall[], by: string, now: number): readonly DecisionResult[] {
    return decideAll(this.till(now), calls, by, () => this.retier());
  }

  undo(calls: readonly UndoCall[], by: string, now: number): readonly UndoResult[] {
    return undoAll(this.till(now), calls, by, () => this.retier());
  }

  /**
   * What hangs on an item, its evidence and amounts, makes versions too; the model does not look into that, and takes them over
   * where nobody decided about the item just now.
   */
  adopt(versions: ReadonlyMap<string, number>, decided: ReadonlySet<string | null>): void {
    for (const { refereeId, items } of this.state.referrals.values()) {
      for (const [nth, item] of items.entries()) {
        const key = `${refereeId} ${nth}`;
        const version = versions.get(key) ?? 0;
        if (!decided.has(key) && version > item.version) {
          item.version = version;
          item.evidenceVersion = version;
        }
      }
    }
  }

  private retier(): void {
    deriveBonuses(this.state, this.known);
    moveWaits(this.state);
  }

  private till(now: number): Till {
    return { state: this.state, now, payable: payableTimes(this.state) };
  }

  private refusals(fresh: ReadonlySet<string>): Record<string, number> {
    const refused: Record<string, number> = {};
    const count = (reason: string | undefined): void => {
      if (reason !== undefined && reason !== 'accepted') refused[reason] = (refused[reason] ?? 0) + 1;
    };
    for (const id of fresh) {
      const event = this.state.events.get(id);
      if (event !== undefined) count(this.parkedFor(event) ?? this.state.outcomes.get(id));
    }
    return refused;
  }

  /** What an event waits for that is not known yet. */
  private parkedFor(event: ModelEvent): string | null {
    if ('userId' in event && !this.known.users.has(event.userId)) return 'unknown_user';
    const isKnown = (code: string): boolean =>
      this.known.codes.some((made) => made.event.code.code === code && this.state.outcomes.get(made.id) === 'accepted');
    return event.type === 'code.updated' && !isKnown(event.code.code) ? 'invalid_code' : null;
  }
}
