import type { Facts } from './facts.ts';
import type { Moment } from './moment.ts';
import { APPS, type EventType, REFEREE_CREDITS, REFERRER_CREDITS } from './seed.ts';
import type { Bonus, Referral, State } from './state.ts';
import { countedBefore, qualifiedOf, tierOf } from './tiers.ts';

/** Makes the bonuses that the stages and apps of each referral are due, and says what unpaid ones are worth by now. */
export function deriveBonuses(state: State, facts: Facts): void {
  const qualified = qualifiedOf(state);
  for (const referral of state.referrals.values()) {
    for (const { eventType, appId, moment } of dueOf(referral, facts)) {
      const count = countedBefore(qualified.get(referral.referrerId) ?? [], referral, moment);
      set(referral, { eventType, appId, isReferees: false }, moment, tierOf(count));
      if (eventType === 'registered') {
        set(referral, { eventType, appId, isReferees: true }, moment, tierOf(0));
      }
    }
  }
}

type Due = { readonly eventType: EventType; readonly appId: string | null; readonly moment: Moment };

function dueOf(referral: Referral, facts: Facts): readonly Due[] {
  const stages = [
    ['registered', { at: referral.at, id: referral.id }],
    ['activated', referral.activated],
    ['qualified', referral.qualified],
    ['retained', referral.retained],
  ] as const;
  return [
    ...stages.flatMap(([eventType, moment]) => (moment === null ? [] : [{ eventType, appId: null, moment }])),
    ...appsOf(referral, facts).map((use) => ({ eventType: 'cross_app' as const, appId: use.appId, moment: use })),
  ];
}

/** The first use of each app that can be tracked, other than the one that the referral came through. */
export function appsOf(referral: Referral, facts: Facts): readonly (Moment & { readonly appId: string })[] {
  const usages = (facts.usages.get(referral.refereeId) ?? []).filter(({ at }) => at >= referral.at);
  return APPS.filter((appId) => appId !== referral.appId).flatMap((appId) => {
    const first = usages.find(({ event }) => event.appId === appId);
    return first === undefined ? [] : [{ appId, at: first.at, id: first.id }];
  });
}

type Kind = Pick<Bonus, 'eventType' | 'appId' | 'isReferees'>;

function set(referral: Referral, kind: Kind, moment: Moment, { tier, multiplier }: ReturnType<typeof tierOf>): void {
  const userId = kind.isReferees ? referral.refereeId : referral.referrerId;
  const key = `${kind.eventType} ${userId} ${kind.appId ?? '-'}`;
  const base = kind.isReferees ? REFEREE_CREDITS : REFERRER_CREDITS[kind.eventType];
  const worth = { base, multiplier, tier, credits: Math.floor(base * multiplier + 0.5) };
  const before = referral.bonuses.get(key);
  if (before === undefined) {
    const fresh = { status: 'pending', holdReason: null, holdUntil: null, hasServed: false, releasedAt: null } as const;
    const story = { ledger: [], transitions: [], paidNth: -1 };
    referral.bonuses.set(key, { ...kind, userId, at: moment.at, id: moment.id, ...worth, ...fresh, ...story });
    return;
  }
  // What is paid or rejected is closed: its worth and its place in the order of claims stand.
  if (before.status === 'pending' || before.status === 'held')
    Object.assign(before, worth, { at: moment.at, id: moment.id });
}
