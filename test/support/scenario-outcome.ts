import type { Pool } from 'pg';
import type { ImportFacts, Workbench } from './scenario-workbench.ts';

export type ReferralOutcome = {
  readonly score: number;
  readonly signals: readonly string[];
  readonly stage: string;
  readonly flagged: boolean;
};

/** What a scenario comes to. Those that may be left out are read only where the scenario tells them. */
export type Outcome = {
  /** By the referee's id. */
  readonly referrals: { readonly [refereeId: string]: ReferralOutcome };
  /** One line a bonus, see `bonus()`. */
  readonly bonuses: readonly string[];
  /** One line an item, see `item()`. */
  readonly queue: readonly unknown[];
  /** When each stage was reached, by the referee's id. */
  readonly stages?: { readonly [refereeId: string]: StageTimes };
  /** Movements of credits that referrals caused, oldest first, by user. */
  readonly ledger?: { readonly [userId: string]: readonly string[] };
  /** By code: who referred with it. */
  readonly referrers?: { readonly [refereeId: string]: string };
  /** By code: who owns it. */
  readonly codes?: { readonly [code: string]: string };
  /** One line an accepted call that a limit counts, see `readLimits`. */
  readonly limits?: readonly string[];
  /** One for each import, in order. */
  readonly imports?: readonly ImportFacts[];
};

export type StageTimes = { readonly registered: string; readonly activated?: string; readonly qualified?: string };

/** Signals as an analyst would tell them: a pattern by what it looks for, since its id is random. */
async function patternNames(pool: Pool): Promise<(signals: string | null) => readonly string[]> {
  const { rows } = await pool.query<{ id: string; pattern_value: string }>(
    'select id, pattern_value from referrals.fraud_patterns',
  );
  const names = new Map(rows.map((row) => [`pattern:${row.id}`, `pattern:${row.pattern_value}`]));
  return (signals) => (JSON.parse(signals ?? '[]') as readonly string[]).map((name) => names.get(name) ?? name).sort();
}

async function readReferrals(pool: Pool): Promise<Outcome['referrals']> {
  const name = await patternNames(pool);
  const { rows } = await pool.query<{
    referee_id: string;
    fraud_score: number;
    fraud_signals: string | null;
    status: string;
    is_flagged: boolean;
  }>('select referee_id, fraud_score, fraud_signals, status, is_flagged from referrals.relationships');
  return Object.fromEntries(
    rows.map((row) => [
      row.referee_id,
      { score: row.fraud_score, signals: name(row.fraud_signals), stage: row.status, flagged: row.is_flagged },
    ]),
  );
}

async function readBonuses(pool: Pool): Promise<readonly string[]> {
  const { rows } = await pool.query<{
    referee_id: string;
    event_type: string;
    user_id: string;
    credits_final: number;
    status: string;
    hold_reason: string | null;
    hold_until: Date | null;
  }>(`select r.referee_id, b.event_type, b.user_id, b.credits_final, b.status, b.hold_reason, b.hold_until
      from referrals.bonus_events b join referrals.relationships r on r.id = b.relationship_id`);
  return rows
    .map((row) => {
      // What is no longer held may keep the reason it was once held for.
      const hold = row.status === 'held' ? ` ${row.hold_reason}` : '';
      const until = row.status === 'held' && row.hold_until ? ` until ${row.hold_until.toISOString()}` : '';
      return `${row.referee_id} ${row.event_type}: ${row.user_id} ${row.credits_final} ${row.status}${hold}${until}`;
    })
    .sort();
}

async function readQueue(pool: Pool): Promise<readonly string[]> {
  const name = await patternNames(pool);
  const { rows } = await pool.query<{
    referee_id: string;
    fraud_score: number;
    fraud_signals: string;
    priority: string;
    status: string;
  }>(`select r.referee_id, q.fraud_score, q.fraud_signals, q.priority, q.status
      from referrals.review_queue q join referrals.relationships r on r.id = q.relationship_id`);
  return rows
    .map(
      (row) =>
        `${row.referee_id} ${row.fraud_score} ${row.priority} ${row.status}: ${name(row.fraud_signals).join(' ')}`,
    )
    .sort();
}

async function readStages(pool: Pool): Promise<NonNullable<Outcome['stages']>> {
  const { rows } = await pool.query<{
    referee_id: string;
    registered_at: Date;
    activated_at: Date | null;
    qualified_at: Date | null;
  }>('select referee_id, registered_at, activated_at, qualified_at from referrals.relationships');
  return Object.fromEntries(
    rows.map((row) => [
      row.referee_id,
      {
        registered: row.registered_at.toISOString(),
        ...(row.activated_at && { activated: row.activated_at.toISOString() }),
        ...(row.qualified_at && { qualified: row.qualified_at.toISOString() }),
      },
    ]),
  );
}

async function readLedger(pool: Pool): Promise<NonNullable<Outcome['ledger']>> {
  const { rows } = await pool.query<{ user_id: string; lines: string[] }>(`
    select user_id, array_agg(type || ' ' || amount || ' ' || status order by created_at, amount) as lines
    from credits.transactions where type in ('bonus', 'adjustment') group by user_id`);
  return Object.fromEntries(rows.map((row) => [row.user_id, row.lines]));
}

async function readReferrers(pool: Pool): Promise<NonNullable<Outcome['referrers']>> {
  const { rows } = await pool.query<{ referee_id: string; referrer_id: string }>(
    'select referee_id, referrer_id from referrals.relationships',
  );
  return Object.fromEntries(rows.map((row) => [row.referee_id, row.referrer_id]));
}

async function readCodes(pool: Pool): Promise<NonNullable<Outcome['codes']>> {
  const { rows } = await pool.query<{ code: string; user_id: string }>('select code, user_id from referrals.codes');
  return Object.fromEntries(rows.map((row) => [row.code, row.user_id]));
}

/** `user rob code_creation 1: <from> to <to>`; an address by whether it is a keyed hash. */
async function readLimits(pool: Pool): Promise<readonly string[]> {
  const { rows } = await pool.query<{
    identifier: string;
    identifier_type: string;
    action: string;
    count: number;
    window_start: Date;
    window_end: Date;
  }>('select * from referrals.rate_limits');
  return rows
    .map(({ identifier, identifier_type: type, action, count, window_start: start, window_end: end }) => {
      const who = type === 'ip' && /^[0-9a-f]{64}$/.test(identifier) ? '<hash>' : identifier;
      return `${type} ${who} ${action} ${count}: ${start.toISOString()} to ${end.toISOString()}`;
    })
    .sort();
}

/** The outcome as the database tells it, with the sections that `like` has. */
export async function readOutcome(bench: Workbench, like: Outcome): Promise<Outcome> {
  const { pool } = bench;
  return {
    referrals: await readReferrals(pool),
    bonuses: await readBonuses(pool),
    queue: await readQueue(pool),
    ...(like.stages && { stages: await readStages(pool) }),
    ...(like.ledger && { ledger: await readLedger(pool) }),
    ...(like.referrers && { referrers: await readReferrers(pool) }),
    ...(like.codes && { codes: await readCodes(pool) }),
    ...(like.limits && { limits: await readLimits(pool) }),
    ...(like.imports && { imports: bench.imports }),
  };
}

/** What must hold of any database whatever was imported (SPEC 1 and 2); each row of a query is one violation. */
const INVARIANTS: { readonly [what: string]: string } = {
  'uses_count is the number of referrals of the code': `
    select code from referrals.codes c
    where uses_count <> (select count(*) from referrals.relationships r where r.code_id = c.id)`,
  'registration_count adds up to the referrals': `
    select 1 where (select coalesce(sum(registration_count), 0) from referrals.fingerprints)
      <> (select count(*) from referrals.relationships)`,
  'a balance is the sum of its completed movements': `
    select b.user_id from credits.balances b
    left join (select user_id, sum(amount) from credits.transactions where status = 'completed' group by user_id) t
      on t.user_id = b.user_id
    where b.balance + b.free_credits_remaining <> coalesce(t.sum, 0)`,
  'a movement has a balance': `
    select id from credits.transactions t
    where status = 'completed' and not exists (select from credits.balances where user_id = t.user_id)`,
  'a paid bonus points at its own movement': `
    select b.id from referrals.bonus_events b left join credits.transactions t on t.id = b.transaction_id
    where b.status = 'paid' and not coalesce(t.user_id = b.user_id and t.amount = b.credits_final and t.type in ('bonus', 'adjustment')
      and t.status = 'completed' and t.idempotency_key ~ ('^bonus:' || b.id || ':[0-9]+$')
      and b.released_at is not null, false)`,
  'what is not paid has moved nothing, or was taken back': `
    select b.id from referrals.bonus_events b join credits.transactions t
      on split_part(t.idempotency_key, ':', 2) = b.id::text where b.status in ('pending', 'held') group by b.id having sum(t.amount) <> 0`,
  'one bonus a referral, user, event and app': `
    select 1 from referrals.bonus_events group by relationship_id, user_id, event_type, app_id having count(*) > 1`,
  'one fingerprint an address and device': `
    select 1 from referrals.fingerprints group by ip_hash, device_hash having count(*) > 1`,
  'one open item a referral': `
    select 1 from referrals.review_queue where status = 'pending' group by relationship_id having count(*) > 1`,
};

export async function brokenInvariants(pool: Pool): Promise<readonly string[]> {
  const broken: string[] = [];
  for (const [what, query] of Object.entries(INVARIANTS)) {
    const { rowCount } = await pool.query(query);
    if (rowCount !== 0) broken.push(`${what}: ${rowCount} times not`);
  }
  return broken;
}
