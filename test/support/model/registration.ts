import { codeAt, isFull, judgeCodes } from './codes.ts';
import type { Facts, Placed } from './facts.ts';
import { isBefore, type Moment } from './moment.ts';
import { DAY, MINUTE, PER_CODE, PER_REFERRER, VALIDATIONS } from './seed.ts';
import type { Referral, State } from './state.ts';

/**
 * Judges every registration known, in the order of events, around those that stand because they were scored; writes the
 * outcomes and the referrals. One that keeps its place keeps all that followed from it. Whoever was refused stays refused when
 * a later one gets to stand, and may then be told either reason: that of before, or the new one where it goes first.
 */
export function judgeRegistrations(state: State, facts: Facts): void {
  const standing = new Map([...state.referrals.values()].filter(({ scored }) => scored).map((one) => [one.id, one]));
  const { codes, outcomes } = judgeCodes(facts, new Set([...standing.values()].map(({ codeEvent }) => codeEvent)));
  const places = new Places();
  for (const referral of standing.values()) places.take(referral);

  const referrals = new Map<string, Referral>();
  const all = new Map(outcomes);
  const reasons = new Map<string, readonly string[]>();
  for (const registration of facts.registrations) {
    const accepted = standing.get(registration.id) ?? judge(registration);
    if (Array.isArray(accepted)) {
      all.set(registration.id, accepted[0] ?? 'nothing');
      reasons.set(registration.id, accepted);
      continue;
    }
    all.set(registration.id, 'accepted');
    if (!standing.has(registration.id)) places.take(accepted);
    const before = state.referrals.get(accepted.refereeId);
    const kept = before?.id === accepted.id && before.codeEvent === accepted.codeEvent;
    referrals.set(accepted.refereeId, kept ? before : accepted);
  }
  for (const [id, outcome] of judgeValidations(facts)) all.set(id, outcome);
  state.referrals = referrals;
  state.outcomes = all;
  state.reasons = reasons;

  function judge(registration: Placed<'referral.registered'>): Referral | string[] {
    const { refereeId, code } = registration.event;
    const made = codes.get(code);
    if (!facts.users.has(refereeId)) return ['unknown_user'];
    if (made === undefined) return ['invalid_code'];
    const then = codeAt(facts, made, registration);
    const referral = begin(registration, made);
    if (!then.isActive) return ['code_inactive'];
    if (then.expiresAt !== null && registration.at >= then.expiresAt) return ['code_expired'];
    const { maxUses } = then;
    const isRefused: readonly (readonly [string, (places: Places) => boolean])[] = [
      ['code_max_uses', (taken) => maxUses !== null && taken.uses(code) >= maxUses],
      ['self_referral', () => referral.referrerId === refereeId],
      ['already_referred', (taken) => taken.isReferred(refereeId)],
      ['rate_limited', (taken) => taken.isFullFor(referral)],
    ];
    const applying = isRefused.filter(([, applies]) => applies(places));
    const certain = applying.findIndex(([, applies]) => applies(places.before(referral)));
    const admissible = applying.slice(0, certain === -1 ? applying.length : certain + 1).map(([reason]) => reason);
    return admissible.length === 0 ? referral : admissible;
  }
}

/** Who took which place; those that stand take theirs from the beginning, wherever they are in the order of events. */
class Places {
  private readonly taken: Referral[] = [];

  take(referral: Referral): void {
    this.taken.push(referral);
  }

  /** As if nothing stood that comes after this moment. */
  before(moment: Moment): Places {
    const places = new Places();
    for (const referral of this.taken) if (isBefore(referral, moment)) places.take(referral);
    return places;
  }

  uses(code: string): number {
    return this.taken.filter((one) => one.code === code).length;
  }

  isReferred(refereeId: string): boolean {
    return this.taken.some((one) => one.refereeId === refereeId);
  }

  isFullFor({ code, referrerId, isCampaign, at }: Referral): boolean {
    const ofCode = this.taken.filter((one) => one.code === code).map((one) => one.at);
    if (isFull(ofCode, at, DAY, PER_CODE)) return true;
    if (isCampaign) return false;
    const ofReferrer = this.taken
      .filter((one) => one.referrerId === referrerId && !one.isCampaign)
      .map((one) => one.at);
    return isFull(ofReferrer, at, DAY, PER_REFERRER);
  }
}

/** Look-ups of each address, those over the limit refused. One of an unknown code counts too. */
function judgeValidations(facts: Facts): Map<string, string> {
  const outcomes = new Map<string, string>();
  const ofIp = new Map<string, number[]>();
  for (const { event, id, at } of facts.validations) {
    const accepted = ofIp.get(event.ip) ?? [];
    const refused = isFull(accepted, at, MINUTE, VALIDATIONS);
    outcomes.set(id, refused ? 'rate_limited' : 'accepted');
    if (!refused) ofIp.set(event.ip, [...accepted, at]);
  }
  return outcomes;
}

function begin(registration: Placed<'referral.registered'>, made: Placed<'code.created'>): Referral {
  const { event, id, at } = registration;
  return {
    id,
    at,
    refereeId: event.refereeId,
    referrerId: made.event.code.userId,
    code: event.code,
    codeEvent: made.id,
    isCampaign: made.event.code.type === 'campaign',
    appId: event.sourceAppId ?? null,
    ip: event.ip,
    device: event.device ?? null,
    ipType: event.ipType ?? null,
    activated: null,
    qualified: null,
    retained: null,
    scored: false,
    score: 0,
    signals: [],
    heldBand: 'low',
    approvedBand: null,
    firstHeldAt: null,
    wasBlocked: false,
    isFlagged: false,
    isRejected: false,
    items: [],
    bonuses: new Map(),
  };
}
