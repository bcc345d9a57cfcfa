import { changes } from './changes.ts';
import { champions } from './champions.ts';
import type { DemoEvent, Told } from './events.ts';
import { ALL_GROUPS } from './groups/all.ts';
import { ordinary } from './ordinary.ts';
import { toldPatterns } from './patterns.ts';
import { Random } from './prng.ts';
import { refusals, REFUSED_SHARE } from './refusals.ts';
import { ALL_SCHEMES } from './schemes/all.ts';
import { FOREWORD, storyOf } from './story.ts';
import { DAY } from './time.ts';
import type { Truth } from './truth.ts';
import { World } from './world.ts';
import { isoAt } from './zones.ts';

export type { DemoEvent } from './events.ts';
export { GROUPS, SCHEMES } from './truth.ts';
export type { Group, Scheme, Truth } from './truth.ts';

export type DemoOptions = {
  /** Accepted registrations, exactly; refused ones come on top. */
  readonly referrals: number;
  readonly seed: number;
  /** The end of the programme: nothing is later. */
  readonly until: Date;
};

export type Demo = {
  /** The events of SPEC 7 in the order of (at, id); can be gone through more than once. */
  readonly events: Iterable<DemoEvent>;
  /** One entry for each accepted referral, in the order of time. */
  readonly truth: Iterable<Truth>;
};

/** A believable referral programme, the same for the same options everywhere. */
export function demo(options: DemoOptions): Demo {
  const plan = planned(options);
  return {
    events: { [Symbol.iterator]: () => told(plan) },
    truth: { [Symbol.iterator]: () => truths(plan) },
  };
}

type Plan = Pick<World, 'start' | 'until' | 'accounts' | 'referrals'>;

/** Plans who refers whom, when, from where; the details of each account are drawn as its story is told. */
function planned({ referrals, seed, until }: DemoOptions): Plan {
  const random = new Random(seed);
  const world = new World(random, until.getTime());
  let left = referrals;
  for (const part of [...ALL_SCHEMES, ...ALL_GROUPS, champions]) {
    const draw = random.child(part.name);
    const count = Math.min(left, Math.floor(referrals * part.share + draw.next()));
    part.plan(world, draw, count);
    left -= count;
  }
  ordinary(world, random.child('ordinary'), left);
  if (referrals > 0) refusals(world, random.child('refusals'), Math.round(referrals * REFUSED_SHARE));
  changes(world, random.child('changes'));
  return {
    start: world.start,
    until: world.until,
    accounts: world.accounts.sort((a, b) => a.createdAt - b.createdAt),
    referrals: world.referrals.sort((a, b) => a.at - b.at),
  };
}

/**
 * Goes through the programme day by day: tells the stories that begin, then gives out what happens that day. What is kept in memory is
 * the future of those who are there already.
 */
function* told(plan: Plan): Generator<DemoEvent, void, undefined> {
  const { start, accounts, until } = plan;
  const days = new Map<number, Told[]>();
  let serial = 0;
  let next = 0;
  note(toldPatterns(start));
  const first = dayOf((accounts[0]?.createdAt ?? start) - FOREWORD);
  for (let day = first; day <= dayOf(until); day++) {
    for (; next < accounts.length; next++) {
      const account = accounts[next];
      if (account === undefined || dayOf(account.createdAt - FOREWORD) > day) break;
      note(storyOf(account, until));
    }
    // Sorting is stable: at the same instant an account's events keep their order.
    const today = (days.get(day) ?? []).sort((a, b) => a.at - b.at);
    days.delete(day);
    for (const { at, zone, event } of today) yield { ...event, id: idOf(serial++), at: isoAt(at, zone) };
  }

  function note(entries: readonly Told[]): void {
    for (const entry of entries) {
      const day = dayOf(entry.at);
      const known = days.get(day);
      if (known === undefined) days.set(day, [entry]);
      else known.push(entry);
    }
  }
}

function* truths(plan: Plan): Generator<Truth, void, undefined> {
  for (const { truth } of plan.referrals) yield truth;
}

function dayOf(at: number): number {
  return Math.floor(at / DAY);
}

/** Ids in the order of time, so that ties in (at, id) fall as told. */
function idOf(serial: number): string {
  return `evt_${String(serial).padStart(9, '0')}`;
}
