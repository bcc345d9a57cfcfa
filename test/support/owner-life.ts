import { DatabaseError } from 'pg';
import type { Client, Pool } from '../../core/postgres/connection.ts';
import { Random } from '../../core/programme/demo/prng.ts';

/** What an owner does with a bonus itself, as it left the row. */
export type Settled = {
  readonly status: string;
  readonly releasedAt: string | null;
  readonly transactionId: string | null;
};

/** What was done on purpose to a database that is observed, for the test to compare with. */
export type Deeds = {
  /** Every bonus ever written: whose, how much. */
  readonly bonuses: Map<string, { readonly userId: string; readonly credits: number }>;
  /** Bonuses that the owner paid or rejected itself. */
  readonly settled: Map<string, Settled>;
};

/** One clock for the owner and the engine, moved on by what the owner does. */
export type Clock = { now: number };

export type OwnerOptions = { readonly ledger: boolean; readonly clock: Clock; readonly deeds: Deeds };

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const DOMAINS = ['example.org', 'firm.example', 'mailinator.com', 'bad.example', 'gmail.com', 'sub.bad.example'];
const NAMES = [
  'till.sander',
  'tillsander',
  'till.sanders',
  'maria.kern',
  'nils.obermann',
  'ada.lindqvist',
  'bo.lind',
  'info',
];
const APPS = ['chat', 'picture', 'todo', 'mail'];
const NEXT: { readonly [stage: string]: 'qualified' | 'retained' } = {
  registered: 'qualified',
  activated: 'qualified',
  qualified: 'retained',
};
const CONTEXTS = ['login', 'code_validation', 'registration', null];

/**
 * A service that writes the seed's tables: one act a transaction, drawn from its own stream. It takes row locks in any
 * order, touches `updated_at` only sometimes, writes times that are wrong by days, and begins again when the server ends a deadlock.
 */
export class Owner {
  readonly #pool: Pool;
  readonly #random: Random;
  readonly #options: OwnerOptions;
  #serial = 0;
  readonly #name: string;

  constructor(pool: Pool, name: string, seed: number, options: OwnerOptions) {
    this.#pool = pool;
    this.#name = name;
    this.#random = new Random(seed);
    this.#options = options;
  }

  async live(acts: number): Promise<void> {
    for (let act = 0; act < acts; act += 1) await this.#act();
  }

  /** Referrals of the month before. */
  async begin(referrers: number, referrals: number): Promise<void> {
    for (let index = 0; index < referrers; index += 1) await this.#transaction((client) => this.#addReferrer(client));
    for (let index = 0; index < referrals; index += 1) await this.#transaction((client) => this.#refer(client));
    await this.#transaction((client) => this.#addPattern(client));
  }

  async #act(): Promise<void> {
    this.#options.clock.now += this.#random.int(1, 90) * 1000;
    const acts: readonly { readonly weight: number; readonly run: (client: Client) => Promise<void> }[] = [
      { weight: 2, run: (client) => this.#addReferrer(client) },
      { weight: 16, run: (client) => this.#refer(client) },
      { weight: 10, run: (client) => this.#sight(client) },
      { weight: 16, run: (client) => this.#moveStage(client) },
      { weight: 8, run: (client) => this.#crossApp(client) },
      { weight: 8, run: (client) => this.#settle(client) },
      { weight: 3, run: (client) => this.#hold(client) },
      { weight: 2, run: (client) => this.#remove(client) },
      { weight: 3, run: (client) => this.#changeUser(client) },
      { weight: 4, run: (client) => this.#changeOddly(client) },
      { weight: 1, run: (client) => this.#changePattern(client) },
      ...(this.#options.ledger ? [{ weight: 10, run: (client: Client) => this.#useCredits(client) }] : []),
    ];
    const { run } = this.#random.weighted(acts);
    await this.#transaction(run);
  }

  async #transaction(work: (client: Client) => Promise<void>): Promise<void> {
    for (;;) {
      const client = await this.#pool.connect();
      try {
        await client.query('BEGIN');
        await work(client);
        await client.query('COMMIT');
        return;
      } catch (error) {
        await client.query('ROLLBACK');
        // Two acts of the owner met; what one of them names may be gone.
        if (!(error instanceof DatabaseError) || !['40P01', '23503', '23505'].includes(error.code ?? '')) throw error;
      } finally {
        client.release();
      }
    }
  }

  #id(): string {
    const hex = Array.from({ length: 4 }, () => this.#random.uint().toString(16).padStart(8, '0')).join('');
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }

  /** The clock, or a time that it had or will have days away. */
  #time(): Date {
    const { now } = this.#options.clock;
    return new Date(this.#random.chance(0.15) ? now - this.#random.int(1, 20 * 24 * 60) * MINUTE : now);
  }

  async #one<Row>(client: Client, sql: string, values: unknown[] = []): Promise<Row | null> {
    const { rows } = await client.query(sql, values);
    return (rows.length === 0 ? null : this.#random.pick(rows)) as Row | null;
  }

  async #addUser(client: Client, createdAt: Date): Promise<string> {
    this.#serial += 1;
    const id = `${this.#name}-${this.#serial}`;
    const email = `${this.#random.pick(NAMES)}+${id}@${this.#random.pick(DOMAINS)}`;
    await client.query(`INSERT INTO auth.users (id, name, email, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)`, [
      id,
      `Name ${id}`,
      this.#random.chance(0.3) ? `${id.replaceAll(/\W/g, '')}.x@${this.#random.pick(DOMAINS)}` : email,
      createdAt,
    ]);
    if (this.#options.ledger && this.#random.chance(0.6)) {
      await client.query(
        `INSERT INTO credits.balances (user_id, balance, free_credits_remaining, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)`,
        [id, this.#random.int(0, 20), this.#random.int(0, 5), this.#time()],
      );
    }
    return id;
  }

  async #link(client: Client, userId: string, context: string | null, at: Date): Promise<void> {
    const ip = `ip-${this.#random.int(1, 25)}`;
    const device = this.#random.chance(0.4) ? null : `device-${this.#random.int(1, 20)}`;
    const found = await this.#one<{ id: string }>(
      client,
      `SELECT id FROM referrals.fingerprints WHERE ip_hash = $1 AND device_hash IS NOT DISTINCT FROM $2`,
      [ip, device],
    );
    const id = found?.id ?? this.#id();
    if (found === null) {
      await client.query(
        `INSERT INTO referrals.fingerprints (id, ip_hash, device_hash, ip_type, first_seen_at, last_seen_at) VALUES ($1, $2, $3, $4, $5, $5)`,
        [id, ip, device, this.#random.pick(['residential', 'unknown', 'unknown', 'vpn', 'datacenter']), at],
      );
    } else if (this.#random.chance(0.5)) {
      await client.query('UPDATE referrals.fingerprints SET last_seen_at = greatest(last_seen_at, $2) WHERE id = $1', [
        id,
        at,
      ]);
    }
    await client.query(
      `INSERT INTO referrals.user_fingerprints (user_id, fingerprint_id, seen_at, context) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
      [userId, id, at, context],
    );
  }

  async #addReferrer(client: Client): Promise<void> {
    const at = new Date(this.#options.clock.now - this.#random.int(0, 15 * 24 * 60) * MINUTE);
    const id = await this.#addUser(client, at);
    await client.query(
      `INSERT INTO referrals.codes (id, user_id, code, type, created_at) VALUES ($1, $2, $3, 'custom', $4)`,
      [this.#id(), id, id.toUpperCase(), at],
    );
    await client.query(`INSERT INTO referrals.user_tiers (user_id, created_at, updated_at) VALUES ($1, $2, $2)`, [
      id,
      at,
    ]);
    for (let seen = this.#random.int(0, 3); seen > 0; seen -= 1) {
      await this.#link(
        client,
        id,
        this.#random.pick(CONTEXTS),
        new Date(at.getTime() + this.#random.int(0, 24 * 60) * MINUTE),
      );
    }
  }

  async #refer(client: Client): Promise<void> {
    const code = await this.#one<{ id: string; user_id: string }>(
      client,
      'SELECT id, user_id FROM referrals.codes ORDER BY id LIMIT 20',
    );
    if (code === null) return;
    const at = this.#time();
    const refereeId = await this.#addUser(client, new Date(at.getTime() - this.#random.int(0, 60) * MINUTE));
    if (this.#random.chance(0.9)) await this.#link(client, refereeId, 'registration', at);
    const id = this.#id();
    await client.query(
      `INSERT INTO referrals.relationships (id, referrer_id, referee_id, code_id, source_app_id, registered_at, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $6, $6)`,
      [id, code.user_id, refereeId, code.id, this.#random.chance(0.5) ? this.#random.pick(APPS) : null, at],
    );
    await this.#addBonus(client, id, code.user_id, 'registered', 5, null, at);
    await this.#addBonus(client, id, refereeId, 'registered', 25, null, at);
    // Somebody else sees only later what was written first.
    if (this.#random.chance(0.2)) await client.query('SELECT pg_sleep(0.01)');
  }

  async #addBonus(
    client: Client,
    relationshipId: string,
    userId: string,
    type: string,
    base: number,
    appId: string | null,
    at: Date,
  ): Promise<void> {
    const id = this.#id();
    const factor = this.#random.pick([1, 1.5, 2]);
    const credits = Math.floor(base * factor + 0.5);
    this.#options.deeds.bonuses.set(id, { userId, credits });
    await client.query(
      `INSERT INTO referrals.bonus_events (id, relationship_id, user_id, event_type, app_id, credits_base, tier_multiplier, credits_final, tier_at_time, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'silver', $9)`,
      [id, relationshipId, userId, type, appId, base, factor, credits, at],
    );
  }

  async #sight(client: Client): Promise<void> {
    const user = await this.#one<{ id: string }>(
      client,
      this.#random.chance(0.6)
        ? 'SELECT user_id AS id FROM referrals.codes ORDER BY id LIMIT 20'
        : 'SELECT referee_id AS id FROM referrals.relationships ORDER BY id',
    );
    if (user !== null) await this.#link(client, user.id, this.#random.pick(CONTEXTS), this.#time());
  }

  async #moveStage(client: Client): Promise<void> {
    const referral = await this.#one<{ id: string; referrer_id: string; status: string; registered_at: Date }>(
      client,
      `SELECT id, referrer_id, status, registered_at FROM referrals.relationships WHERE status <> 'retained' ORDER BY id`,
    );
    if (referral === null) return;
    const after = new Date(referral.registered_at.getTime() + this.#random.int(1, 3 * 24 * 60) * MINUTE);
    const touch = this.#random.chance(0.6)
      ? `, updated_at = $3`
      : `, updated_at = CASE WHEN $3::timestamptz IS NULL THEN updated_at ELSE updated_at END`;
    const now = new Date(this.#options.clock.now);
    const next = this.#random.chance(0.7) && referral.status === 'registered' ? 'activated' : NEXT[referral.status];
    const [stage, set, credits, at] = {
      activated: ['activated', 'activated_at = $2', 10, after] as const,
      qualified: [
        'qualified',
        'activated_at = coalesce(activated_at, $2), qualified_at = greatest($2, activated_at)',
        25,
        after,
      ] as const,
      retained: ['retained', 'retained_at = $2', 15, new Date(referral.registered_at.getTime() + 31 * DAY)] as const,
    }[next ?? 'qualified'];
    const { rowCount } = await client.query(
      `UPDATE referrals.relationships SET status = '${stage}', ${set}${touch} WHERE id = $1 AND status = $4`,
      [referral.id, at, now, referral.status],
    );
    if (rowCount === 1) await this.#addBonus(client, referral.id, referral.referrer_id, stage, credits, null, at);
  }

  async #crossApp(client: Client): Promise<void> {
    const referral = await this.#one<{ id: string; referrer_id: string; registered_at: Date }>(
      client,
      'SELECT id, referrer_id, registered_at FROM referrals.relationships ORDER BY id',
    );
    if (referral === null) return;
    const appId = this.#random.pick(APPS);
    const at = new Date(referral.registered_at.getTime() + this.#random.int(1, 2 * 24 * 60) * MINUTE);
    const { rowCount } = await client.query(
      `INSERT INTO referrals.cross_app_activations (id, relationship_id, app_id, activated_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
      [this.#id(), referral.id, appId, at],
    );
    if (rowCount === 1) await this.#addBonus(client, referral.id, referral.referrer_id, 'cross_app', 5, appId, at);
  }

  /** Pays or rejects some itself, in any order. */
  async #settle(client: Client): Promise<void> {
    const { rows } = await client.query<{ id: string }>(
      `SELECT id FROM referrals.bonus_events WHERE status IN ('pending', 'held') ORDER BY id`,
    );
    const now = new Date(this.#options.clock.now);
    const done = new Map<string, Settled>();
    for (const { id } of this.#random.sample(rows, 3)) {
      const bonus = await this.#one<{ user_id: string; credits_final: number }>(
        client,
        `SELECT user_id, credits_final FROM referrals.bonus_events WHERE id = $1 AND status IN ('pending', 'held') FOR UPDATE`,
        [id],
      );
      if (bonus === null) continue;
      if (this.#random.chance(0.4)) {
        await client.query(
          `UPDATE referrals.bonus_events SET status = 'rejected', hold_reason = NULL, hold_until = NULL WHERE id = $1`,
          [id],
        );
        done.set(id, { status: 'rejected', releasedAt: null, transactionId: null });
        continue;
      }
      const transactionId = this.#options.ledger
        ? await this.#move(client, bonus.user_id, 'bonus', bonus.credits_final)
        : this.#id();
      await client.query(
        `UPDATE referrals.bonus_events SET status = 'paid', hold_reason = NULL, hold_until = NULL, released_at = $2, transaction_id = $3 WHERE id = $1`,
        [id, now, transactionId],
      );
      await client.query('UPDATE referrals.user_tiers SET total_earned = total_earned + $2 WHERE user_id = $1', [
        bonus.user_id,
        bonus.credits_final,
      ]);
      done.set(id, { status: 'paid', releasedAt: now.toISOString(), transactionId });
    }
    // A commit that fails is begun again, and then these are told again.
    for (const [id, settled] of done) this.#options.deeds.settled.set(id, settled);
  }

  /** For a reason of its own. */
  async #hold(client: Client): Promise<void> {
    const bonus = await this.#one<{ id: string }>(
      client,
      `SELECT id FROM referrals.bonus_events WHERE status = 'pending' ORDER BY id`,
    );
    if (bonus === null) return;
    await client.query(
      `UPDATE referrals.bonus_events SET status = 'held', hold_reason = 'by hand' WHERE id = $1 AND status = 'pending'`,
      [bonus.id],
    );
  }

  async #remove(client: Client): Promise<void> {
    if (this.#random.chance(0.4)) {
      const bonus = await this.#one<{ id: string }>(
        client,
        `SELECT id FROM referrals.bonus_events WHERE status <> 'paid' ORDER BY id`,
      );
      if (bonus !== null)
        await client.query(`DELETE FROM referrals.bonus_events WHERE id = $1 AND status <> 'paid'`, [bonus.id]);
      return;
    }
    const referral = await this.#one<{ id: string; referee_id: string }>(
      client,
      'SELECT id, referee_id FROM referrals.relationships ORDER BY id',
    );
    if (referral === null) return;
    if (this.#random.chance(0.5))
      await client.query('DELETE FROM referrals.relationships WHERE id = $1', [referral.id]);
    else await client.query('DELETE FROM auth.users WHERE id = $1', [referral.referee_id]);
  }

  async #changeUser(client: Client): Promise<void> {
    const user = await this.#one<{ id: string }>(client, 'SELECT id FROM auth.users ORDER BY id');
    if (user === null) return;
    const touch = this.#random.chance(0.5) ? new Date(this.#options.clock.now) : null;
    if (this.#random.chance(0.4)) {
      await client.query(
        'UPDATE auth.users SET name = name || $2, updated_at = coalesce($3, updated_at) WHERE id = $1',
        [user.id, '!', touch],
      );
      return;
    }
    const email = `${this.#random.pick(NAMES)}+${this.#random.int(1, 1e9)}@${this.#random.pick(DOMAINS)}`;
    await client.query('UPDATE auth.users SET email = $2, updated_at = coalesce($3, updated_at) WHERE id = $1', [
      user.id,
      email,
      touch,
    ]);
  }

  /** What hardly ever changes and has no time that says so. */
  async #changeOddly(client: Client): Promise<void> {
    const at = new Date(this.#options.clock.now - this.#random.int(0, 20 * 24 * 60) * MINUTE);
    const table = this.#random.pick(['codes', 'fingerprints', 'users', 'relationships'] as const);
    const pick = async (from: string): Promise<string | null> =>
      (await this.#one<{ id: string }>(client, `SELECT id::text FROM ${from} ORDER BY id LIMIT 20`))?.id ?? null;
    switch (table) {
      case 'codes':
        await client.query('UPDATE referrals.codes SET created_at = $2 WHERE id = $1', [
          await pick('referrals.codes'),
          at,
        ]);
        return;
      case 'fingerprints':
        await client.query('UPDATE referrals.fingerprints SET ip_type = $2 WHERE id = $1', [
          await pick('referrals.fingerprints'),
          this.#random.pick(['vpn', 'residential']),
        ]);
        return;
      case 'users':
        await client.query('UPDATE auth.users SET created_at = $2 WHERE id = $1', [await pick('auth.users'), at]);
        return;
      case 'relationships':
        await client.query('UPDATE referrals.relationships SET registered_at = $2 WHERE id = $1', [
          await pick('referrals.relationships'),
          at,
        ]);
    }
  }

  async #addPattern(client: Client): Promise<void> {
    await client.query(
      `INSERT INTO referrals.fraud_patterns (pattern_type, pattern_value, severity, score_impact)
       VALUES ('email_domain', 'bad.example', 'high', 35), ('email_domain', '/lind.*@gmail/', 'low', 10)`,
    );
  }

  async #changePattern(client: Client): Promise<void> {
    const change = this.#random.pick([
      'is_active = NOT is_active',
      'score_impact = score_impact + 1',
      `pattern_value = CASE pattern_type::text WHEN 'email_domain' THEN '${this.#random.pick(['bad.example', 'firm.example', '/kern/'])}' ELSE pattern_value END`,
    ]);
    const pattern = await this.#one<{ id: string }>(client, 'SELECT id FROM referrals.fraud_patterns ORDER BY id');
    if (pattern !== null)
      await client.query(`UPDATE referrals.fraud_patterns SET ${change} WHERE id = $1`, [pattern.id]);
  }

  async #useCredits(client: Client): Promise<void> {
    const user = await this.#one<{ id: string; registered_at: Date }>(
      client,
      'SELECT referee_id AS id, registered_at FROM referrals.relationships ORDER BY id',
    );
    if (user === null) return;
    const isUsage = this.#random.chance(0.7);
    const at = new Date(user.registered_at.getTime() + this.#random.int(0, 2 * 24 * 60) * MINUTE);
    await this.#move(
      client,
      user.id,
      isUsage ? 'usage' : 'purchase',
      isUsage ? -this.#random.int(1, 5) : this.#random.int(10, 50),
      at,
    );
  }

  async #move(
    client: Client,
    userId: string,
    type: string,
    amount: number,
    at = new Date(this.#options.clock.now),
  ): Promise<string> {
    await client.query('INSERT INTO credits.balances (user_id, created_at) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
      userId,
      at,
    ]);
    const { rows } = await client.query<{ total: number }>(
      'UPDATE credits.balances SET balance = balance + $2, version = version + 1 WHERE user_id = $1 RETURNING balance + free_credits_remaining AS total',
      [userId, amount],
    );
    const total = rows[0]?.total ?? 0;
    const id = this.#id();
    await client.query(
      `INSERT INTO credits.transactions (id, user_id, type, status, amount, balance_before, balance_after, app_id, description, created_at, completed_at)
       VALUES ($1, $2, $3, 'completed', $4, $5, $6, $7, 'by the owner', $8, $8)`,
      [id, userId, type, amount, total - amount, total, this.#random.pick(APPS), at],
    );
    return id;
  }
}
