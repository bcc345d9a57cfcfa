import { appsOf } from './bonuses.ts';
import { codeAt } from './codes.ts';
import { limitRows } from './limits.ts';
import { isoOf } from './moment.ts';
import type { Model } from './model.ts';
import { stageOf } from './stages.ts';
import type { Bonus, Referral } from './state.ts';
import { dailyStatistics } from './statistics.ts';
import { qualifiedOf, tierOf } from './tiers.ts';

/** What a table says: its rows by a key that means something, each as one text that can be compared and read. */
export type Tables = { readonly [table: string]: ReadonlyMap<string, string> };

/** One row as text; instants are told in UTC with six digits, and nothing as `-`. */
export function row(fields: { readonly [name: string]: string | number | boolean | null }): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value ?? '-'}`)
    .join(' ');
}

const instant = (at: number | null | undefined): string | null => (at === null || at === undefined ? null : isoOf(at));

/** Of what waits for a user or a code only the report of its import tells. */
const PARKED: ReadonlySet<string> = new Set(['invalid_code', 'unknown_user']);

/** What the model says that the database says now. */
export function tell(model: Model): Tables {
  const { state, facts } = model;
  const referrals = [...state.referrals.values()];
  const bonuses = referrals.flatMap((referral) => [...referral.bonuses.values()].map((bonus) => ({ referral, bonus })));
  return {
    registrations: new Map(
      facts.registrations
        .map(({ id }) => [id, state.outcomes.get(id) ?? 'nothing'] as const)
        .filter(([, outcome]) => !PARKED.has(outcome)),
    ),
    codes: tellCodes(model, referrals),
    relationships: new Map(referrals.map((referral) => [referral.refereeId, tellReferral(referral)])),
    bands: new Map(
      referrals
        .filter(({ scored }) => scored)
        .map(({ refereeId, heldBand, approvedBand }) => [refereeId, row({ held: heldBand, approved: approvedBand })]),
    ),
    bonuses: new Map(
      bonuses.map(({ referral, bonus }) => [
        nameOf(referral, bonus),
        row({
          base: bonus.base,
          multiplier: bonus.multiplier,
          tier: bonus.tier,
          credits: bonus.credits,
          status: bonus.status,
          reason: bonus.holdReason,
          until: instant(bonus.holdUntil),
          released: instant(bonus.releasedAt),
        }),
      ]),
    ),
    cross_app: new Map(
      referrals.flatMap((referral) =>
        appsOf(referral, facts).map((use) => [
          `${referral.refereeId} ${use.appId}`,
          row({
            at: isoOf(use.at),
            paid: referral.bonuses.get(`cross_app ${referral.referrerId} ${use.appId}`)?.status === 'paid',
          }),
        ]),
      ),
    ),
    queue: new Map(
      referrals.flatMap(({ refereeId, items }) =>
        items.map((item, index) => [
          `${refereeId} ${index}`,
          row({
            score: item.score,
            signals: item.signals.join(','),
            priority: item.priority,
            status: item.status,
            assignee: item.assignee,
            notes: item.notes,
            reviewedAt: instant(item.reviewedAt),
            version: item.version,
            raisedVersion: item.raisedVersion,
          }),
        ]),
      ),
    ),
    ledger: new Map(
      bonuses
        .filter(({ bonus }) => bonus.ledger.length > 0)
        .map(({ referral, bonus }) => [nameOf(referral, bonus), row({ rows: bonus.ledger.join(', ') })]),
    ),
    transitions: new Map(
      bonuses
        .filter(({ bonus }) => bonus.transitions.length > 0)
        .map(({ referral, bonus }) => [nameOf(referral, bonus), row({ rows: bonus.transitions.join(', ') })]),
    ),
    user_tiers: tellTiers(model, referrals),
    balances: tellBalances(model),
    fingerprints: tellFingerprints(referrals),
    daily_stats: new Map([...dailyStatistics(state)].map(([key, figures]) => [key, row(figures)])),
    rate_limits: new Map(
      limitRows(state, facts).map(({ identifierType, identifier, action, windowStart, windowEnd }) => [
        [action, identifierType, identifier, isoOf(windowStart)].join(' '),
        row({ end: isoOf(windowEnd) }),
      ]),
    ),
  };
}

function nameOf({ refereeId }: Referral, { eventType, userId, appId }: Bonus): string {
  return [refereeId, eventType, userId, appId ?? '-'].join(' ');
}

function tellReferral(referral: Referral): string {
  const { referrerId, code, appId, at, activated, qualified, retained, score, signals, isFlagged } = referral;
  return row({
    referrer: referrerId,
    code,
    app: appId,
    stage: stageOf(referral),
    registered: instant(at),
    activated: instant(activated?.at),
    qualified: instant(qualified?.at),
    retained: instant(retained?.at),
    score,
    signals: signals.join(','),
    flagged: isFlagged,
  });
}

function tellCodes({ state, facts }: Model, referrals: readonly Referral[]): ReadonlyMap<string, string> {
  return new Map(
    facts.codes
      .filter(({ id }) => state.outcomes.get(id) === 'accepted')
      .map((made) => {
        const { code, userId, type } = made.event.code;
        const now = codeAt(facts, made);
        return [
          code,
          row({
            owner: userId,
            type,
            active: now.isActive,
            maxUses: now.maxUses,
            expires: instant(now.expiresAt),
            uses: referrals.filter((one) => one.code === code).length,
          }),
        ];
      }),
  );
}

function tellTiers({ state }: Model, referrals: readonly Referral[]): ReadonlyMap<string, string> {
  const qualified = qualifiedOf(state);
  const earned = new Map<string, number>();
  for (const { bonuses } of referrals) {
    for (const { userId, status, credits } of bonuses.values()) {
      if (status === 'paid') earned.set(userId, (earned.get(userId) ?? 0) + credits);
    }
  }
  const users = [...new Set([...qualified.keys(), ...earned.keys()])];
  return new Map(
    users.map((userId) => {
      const count = qualified.get(userId)?.length ?? 0;
      return [userId, row({ tier: tierOf(count).tier, qualified: count, earned: earned.get(userId) ?? 0 })];
    }),
  );
}

function tellBalances({ state, facts }: Model): ReadonlyMap<string, string> {
  const sums = new Map<
    string,
    { balance: number; usage: number; purchase: number; bonus: number; adjustment: number }
  >();
  const move = (userId: string, type: 'usage' | 'purchase' | 'bonus' | 'adjustment', amount: number): void => {
    const sum = sums.get(userId) ?? { balance: 0, usage: 0, purchase: 0, bonus: 0, adjustment: 0 };
    sum.balance += amount;
    sum[type] += amount;
    sums.set(userId, sum);
  };
  for (const usages of facts.usages.values()) {
    for (const { event } of usages) move(event.userId, 'usage', -event.amount);
  }
  for (const purchases of facts.purchases.values()) {
    for (const { event } of purchases) move(event.userId, 'purchase', event.amount);
  }
  for (const { userId, type, amount } of state.movements) move(userId, type, amount);
  return new Map([...sums].map(([userId, sum]) => [userId, row(sum)]));
}

function tellFingerprints(referrals: readonly Referral[]): ReadonlyMap<string, string> {
  const groups = Map.groupBy(referrals, ({ ip, device }) => `${ip} ${device ?? '-'}`);
  return new Map(
    [...groups].map(([key, ones]) => [
      key,
      row({ registrations: ones.length, flagged: ones.filter(({ isRejected }) => isRejected).length }),
    ]),
  );
}
