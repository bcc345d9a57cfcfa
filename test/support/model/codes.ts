import type { Facts, Placed } from './facts.ts';
import { isBefore, microsOf, type Moment } from './moment.ts';
import { CUSTOM_CODES, HOUR } from './seed.ts';

export type CodeJudgement = {
  /** The creation that has each code. */
  readonly codes: ReadonlyMap<string, Placed<'code.created'>>;
  readonly outcomes: ReadonlyMap<string, string>;
};

/** Who has which code: the earliest, but for creations that stand because a referral through them was scored. */
export function judgeCodes(facts: Facts, standing: ReadonlySet<string>): CodeJudgement {
  const codes = new Map<string, Placed<'code.created'>>();
  const autoOf = new Map<string, string>();
  const customOf = new Map<string, number[]>();
  const outcomes = new Map<string, string>();
  const accept = (made: Placed<'code.created'>): void => {
    const { code, userId, type } = made.event.code;
    outcomes.set(made.id, 'accepted');
    codes.set(code, made);
    if (type === 'auto') autoOf.set(userId, made.id);
    if (type === 'custom') customOf.set(userId, [...(customOf.get(userId) ?? []), made.at]);
  };
  for (const made of facts.codes) if (standing.has(made.id)) accept(made);
  for (const made of facts.codes) {
    if (standing.has(made.id)) continue;
    const { code, userId, type } = made.event.code;
    const custom = customOf.get(userId) ?? [];
    if (!facts.users.has(userId)) outcomes.set(made.id, 'unknown_user');
    else if (codes.has(code)) outcomes.set(made.id, 'code_taken');
    else if (type === 'auto' && autoOf.has(userId)) {
      outcomes.set(made.id, 'auto_code_exists');
    } else if (type === 'custom' && isFull(custom, made.at, HOUR, CUSTOM_CODES)) {
      outcomes.set(made.id, 'rate_limited');
    } else accept(made);
  }
  return { codes, outcomes };
}

/**
 * Whether one more at `at` would make more than `limit` of the accepted ones fall into one (end − window, end]: its own, or
 * that of an accepted one after it, which stands.
 */
export function isFull(accepted: readonly number[], at: number, window: number, limit: number): boolean {
  return [at, ...accepted.filter((other) => other > at && other < at + window)].some(
    (end) => accepted.filter((other) => other > end - window && other <= end).length >= limit,
  );
}

export type CodeState = {
  readonly isActive: boolean;
  readonly maxUses: number | null;
  readonly expiresAt: number | null;
};

/** The code as it was at a moment, or as it is where none is given; before it was made as it was made. */
export function codeAt(facts: Facts, made: Placed<'code.created'>, moment?: Moment): CodeState {
  const { code, maxUses, expiresAt } = made.event.code;
  let state = { isActive: true, maxUses: maxUses ?? null, expiresAt: instant(expiresAt) };
  for (const change of facts.changes.get(code) ?? []) {
    if (moment !== undefined && !isBefore(change, moment)) break;
    const { isActive, maxUses, expiresAt } = change.event.code;
    state = {
      isActive: isActive ?? state.isActive,
      maxUses: maxUses === undefined ? state.maxUses : maxUses,
      expiresAt: expiresAt === undefined ? state.expiresAt : instant(expiresAt),
    };
  }
  return state;
}

function instant(iso: string | null | undefined): number | null {
  return iso === undefined || iso === null ? null : microsOf(iso);
}
