import { FRAUD_SIGNALS } from '../../core/domain/constants.ts';
import { emailIdentity } from '../../core/engine/email/identity.ts';
import { isNear } from '../../core/engine/email/likeness.ts';
import type { Pool } from '../../core/postgres/connection.ts';

type User = { readonly id: string; readonly email: string; readonly created_at: Date };
type Referral = {
  readonly id: string;
  readonly referrer_id: string;
  readonly referee_id: string;
  readonly registered_at: Date;
  readonly activated_at: Date | null;
  readonly qualified_at: Date | null;
  readonly code_created_at: Date;
};
type Link = {
  readonly user_id: string;
  readonly seen_at: Date;
  readonly context: string | null;
  readonly id: string;
  readonly ip_hash: string;
  readonly device_hash: string | null;
  readonly ip_type: string;
};
type Used = { readonly user_id: string; readonly at: Date };
type Pattern = { readonly id: string; readonly pattern_value: string; readonly score_impact: number };

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/**
 * The score and the signals of every relationship, from the owner's rows alone, one at a time and as SPEC 3 tells them: nothing
 * of the engine's queries and nothing of what Umpire keeps.
 */
export async function expectedScores(
  pool: Pool,
  options: { readonly ledger: boolean },
): Promise<{ readonly [relationshipId: string]: string }> {
  const read = async <Row>(sql: string): Promise<Row[]> => (await pool.query(sql)).rows as Row[];
  const users = new Map(
    (await read<User>('SELECT id, email, created_at FROM auth.users')).map((user) => [user.id, user]),
  );
  const referrals = await read<Referral>(
    `SELECT r.id, r.referrer_id, r.referee_id, r.registered_at, r.activated_at, r.qualified_at, c.created_at AS code_created_at
     FROM referrals.relationships AS r JOIN referrals.codes AS c ON c.id = r.code_id ORDER BY r.registered_at, r.id`,
  );
  const links = await read<Link>(
    `SELECT l.user_id, l.seen_at, l.context, f.id, f.ip_hash, f.device_hash, f.ip_type
     FROM referrals.user_fingerprints AS l JOIN referrals.fingerprints AS f ON f.id = l.fingerprint_id ORDER BY l.seen_at, f.id`,
  );
  const patterns = await read<Pattern>(
    `SELECT id, pattern_value, score_impact FROM referrals.fraud_patterns WHERE is_active AND pattern_type = 'email_domain'`,
  );
  const used = await read<Used>(
    `SELECT r.referee_id AS user_id, c.activated_at AS at FROM referrals.cross_app_activations AS c JOIN referrals.relationships AS r ON r.id = c.relationship_id
     ${options.ledger ? `UNION ALL SELECT user_id, created_at FROM credits.transactions WHERE type = 'usage' AND status = 'completed'` : ''}`,
  );

  const signalsOf = (referral: Referral): [string, number][] => {
    const at = referral.registered_at.getTime();
    const siblings = referrals.filter((other) => other.referrer_id === referral.referrer_id);
    const position = siblings.indexOf(referral);
    const times = siblings.map((other) => other.registered_at.getTime());
    const from = links.find((link) => link.user_id === referral.referee_id && link.context === 'registration');
    const seen = links.filter((link) => link.user_id === referral.referrer_id && link.seen_at.getTime() < at);
    const referee = users.get(referral.referee_id)!;
    const referrer = users.get(referral.referrer_id)!;
    const identity = emailIdentity(referee.email);
    const qualified = referral.qualified_at?.getTime() ?? null;
    const before = siblings.slice(0, position).map((other) => users.get(other.referee_id)!);
    const wasUsed =
      qualified !== null &&
      ((referral.activated_at !== null &&
        referral.activated_at.getTime() < qualified &&
        referral.activated_at.getTime() >= at) ||
        used.some(
          (use) => use.user_id === referral.referee_id && use.at.getTime() >= at && use.at.getTime() <= qualified,
        ));
    const previous = times[position - 1];
    const sinceCode = at - referral.code_created_at.getTime();

    const fired: Record<keyof typeof FRAUD_SIGNALS, boolean> = {
      same_ip: seen.some((link) => link.ip_hash === from?.ip_hash),
      same_device: seen.some((link) => link.device_hash !== null && link.device_hash === from?.device_hash),
      disposable_email: (identity?.disposableDomain ?? null) !== null,
      similar_email: [referrer, ...before].some((other) => isAlike(referee.email, other.email)),
      rapid_registration:
        (previous !== undefined && at - previous < 5 * MINUTE) || (sinceCode >= 0 && sinceCode < 5 * MINUTE),
      bulk_registrations: times.some((first, index) => {
        const last = times[index + 4];
        return last !== undefined && last - first < 60 * MINUTE && position >= index && position <= index + 4;
      }),
      vpn_proxy: ['vpn', 'proxy', 'tor', 'datacenter'].includes(from?.ip_type ?? 'unknown'),
      new_account_referrer: at < referrer.created_at.getTime() + 7 * DAY,
      instant_qualification: qualified !== null && qualified - at < DAY,
      minimal_activity: qualified !== null && !wasUsed,
    };
    const named = Object.entries(FRAUD_SIGNALS).filter(([name]) => fired[name as keyof typeof FRAUD_SIGNALS]) as [
      string,
      number,
    ][];
    const matched = patterns.filter((pattern) => matches(pattern.pattern_value, referee.email, identity?.domain ?? ''));
    return [...named, ...matched.map((pattern): [string, number] => [`pattern:${pattern.id}`, pattern.score_impact])];
  };

  return Object.fromEntries(
    referrals.map((referral) => {
      const signals = signalsOf(referral);
      const score = signals.reduce((sum, [, points]) => sum + points, 0);
      return [
        referral.id,
        told(
          score,
          signals.map(([name]) => name),
        ),
      ];
    }),
  );
}

/** The same words for what Umpire wrote into the owner's rows. */
export async function writtenScores(pool: Pool): Promise<{ readonly [relationshipId: string]: string }> {
  const { rows } = await pool.query<{ id: string; fraud_score: number; fraud_signals: string | null }>(
    'SELECT id, fraud_score, fraud_signals FROM referrals.relationships',
  );
  return Object.fromEntries(
    rows.map(({ id, fraud_score: score, fraud_signals: signals }) => [
      id,
      told(score, signals === null ? ['unscored'] : (JSON.parse(signals) as string[])),
    ]),
  );
}

function told(score: number, signals: readonly string[]): string {
  return [score, ...signals.toSorted()].join(' ');
}

function isAlike(email: string, other: string): boolean {
  const [a, b] = [emailIdentity(email), emailIdentity(other)];
  if (a === null || b === null) return false;
  if (a.weak || b.weak) return a.local === b.local && a.domain === b.domain && !a.free;
  return isNear(a.local, b.local);
}

function matches(pattern: string, email: string, domain: string): boolean {
  if (pattern.startsWith('/')) return new RegExp(pattern.slice(1, -1), 'i').test(email);
  return domain === pattern || domain.endsWith(`.${pattern}`);
}
