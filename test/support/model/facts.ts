import { compare, isBefore, microsOf, type Moment } from './moment.ts';
import type { EventOf, ModelEvent } from './state.ts';

export type Placed<Type extends ModelEvent['type']> = Moment & { readonly event: EventOf<Type> };
type Sighting = Moment & { readonly ip: string; readonly device: string | null };

/** All that is known by now, each list in the order of events. */
export type Facts = {
  readonly users: ReadonlyMap<string, Placed<'user.created'>>;
  readonly codes: readonly Placed<'code.created'>[];
  readonly changes: ReadonlyMap<string, readonly Placed<'code.updated'>[]>;
  readonly validations: readonly Placed<'code.validated'>[];
  readonly registrations: readonly Placed<'referral.registered'>[];
  readonly sightings: ReadonlyMap<string, readonly Sighting[]>;
  readonly usages: ReadonlyMap<string, readonly Placed<'credits.used'>[]>;
  readonly purchases: ReadonlyMap<string, readonly Placed<'credits.purchased'>[]>;
  /** The active patterns by value, each with its kind and points. */
  readonly patterns: ReadonlyMap<string, { readonly type: string; readonly points: number }>;
};

export function factsOf(events: Iterable<ModelEvent>): Facts {
  const all = [...events].map((event) => ({ event, at: microsOf(event.at), id: event.id })).sort(compare);
  const of = <Type extends ModelEvent['type']>(type: Type): Placed<Type>[] =>
    all.filter(({ event }) => event.type === type) as unknown as Placed<Type>[];
  const users = new Map(of('user.created').map((placed) => [placed.event.user.id, placed]));
  const registrations = of('referral.registered');
  const sightings = [...of('user.seen'), ...registrations].map(({ event, at, id }) => {
    const userId = event.type === 'user.seen' ? event.userId : event.refereeId;
    return { userId, at, id, ip: event.ip, device: event.device ?? null };
  });
  const isKnown = ({ event }: { readonly event: { readonly userId: string } }): boolean => users.has(event.userId);
  return {
    users,
    codes: of('code.created'),
    changes: Map.groupBy(of('code.updated'), ({ event }) => event.code.code),
    validations: of('code.validated'),
    registrations,
    sightings: Map.groupBy(sightings.sort(compare), ({ userId }) => userId),
    usages: Map.groupBy(of('credits.used').filter(isKnown), ({ event }) => event.userId),
    purchases: Map.groupBy(of('credits.purchased').filter(isKnown), ({ event }) => event.userId),
    patterns: activePatterns(of('pattern.created'), of('pattern.updated')),
  };
}

function activePatterns(
  created: readonly Placed<'pattern.created'>[],
  updated: readonly Placed<'pattern.updated'>[],
): Facts['patterns'] {
  const patterns = new Map<string, { type: string; points: number }>();
  for (const made of created) {
    const { patternType, patternValue, scoreImpact } = made.event.pattern;
    const last = updated.findLast(
      ({ event }) => event.pattern.patternValue === patternValue && event.pattern.patternType === patternType,
    );
    const isActive = last === undefined || isBefore(last, made) || last.event.pattern.isActive;
    if (isActive) patterns.set(patternValue, { type: patternType, points: scoreImpact });
  }
  return patterns;
}
