import type { Facts } from './facts.ts';
import { DAY, HOUR, MINUTE } from './seed.ts';
import type { State } from './state.ts';

export type LimitRow = {
  /** The event, and which of its limits. */
  readonly key: string;
  readonly identifier: string;
  readonly identifierType: 'ip' | 'user' | 'code';
  readonly action: 'code_validation' | 'code_creation' | 'registration';
  readonly windowStart: number;
  readonly windowEnd: number;
};

/** The rows of `referrals.rate_limits`: one an accepted call, but for those that the clean-up removed. */
export function limitRows(state: State, facts: Facts): readonly LimitRow[] {
  return accepted(state, facts).filter(({ key }) => !state.cleaned.has(key));
}

/** Removes the rows whose window is over. */
export function cleanLimits(state: State, facts: Facts, now: number): void {
  for (const { key, windowEnd } of accepted(state, facts)) if (windowEnd <= now) state.cleaned.add(key);
}

/** A call that lost its place loses its rows; where it gets the place again, it has new ones. */
export function forgetCleaned(state: State, facts: Facts): void {
  const keys = new Set(accepted(state, facts).map(({ key }) => key));
  for (const key of state.cleaned) if (!keys.has(key)) state.cleaned.delete(key);
}

function accepted(state: State, facts: Facts): readonly LimitRow[] {
  const isAccepted = ({ id }: { readonly id: string }): boolean => state.outcomes.get(id) === 'accepted';
  const row = (
    id: string,
    at: number,
    window: number,
    who: Pick<LimitRow, 'identifier' | 'identifierType' | 'action'>,
  ): LimitRow => ({ key: `${id} ${who.identifierType}`, ...who, windowStart: at, windowEnd: at + window });
  return [
    ...facts.validations
      .filter(isAccepted)
      .map(({ id, at, event }) =>
        row(id, at, MINUTE, { identifier: event.ip, identifierType: 'ip', action: 'code_validation' }),
      ),
    ...facts.codes
      .filter((made) => made.event.code.type === 'custom' && isAccepted(made))
      .map(({ id, at, event }) =>
        row(id, at, HOUR, { identifier: event.code.userId, identifierType: 'user', action: 'code_creation' }),
      ),
    ...[...state.referrals.values()].flatMap(({ id, at, code, referrerId, isCampaign }) => [
      row(id, at, DAY, { identifier: code, identifierType: 'code', action: 'registration' }),
      ...(isCampaign
        ? []
        : [row(id, at, DAY, { identifier: referrerId, identifierType: 'user', action: 'registration' })]),
    ]),
  ];
}
