import type { Mode } from '../../domain/vocabulary.ts';
import type { Client } from '../../postgres/connection.ts';
import type { HashKey } from '../../postgres/hash-key.ts';
import { UmpireError } from './errors.ts';

type Session = {
  readonly time_zone: string;
  readonly date_style: string;
  readonly interval_style: string;
  readonly isolation: string;
  readonly migrated: boolean;
};

const SETTINGS = `set_config('TimeZone', $1, true), set_config('DateStyle', $2, true), set_config('IntervalStyle', $3, true)`;

const DEADLOCK = '40P01';
const ATTEMPTS = 3;

/**
 * Runs one call inside the transaction of whoever calls: all of it or nothing, so that the caller's transaction can go on after
 * an error. The session's settings are those of the caller again afterwards. A deadlock is resolved here where it can be.
 * Throws UmpireError where the transaction or the database is not fit for it.
 */
export async function inCallersTransaction<Result>(
  client: Client,
  key: HashKey,
  work: () => Promise<Result>,
): Promise<Result> {
  const session = await enter(client);
  await checkDatabase(client, session, key);
  for (let attempt = 1; ; attempt += 1) {
    await client.query('SAVEPOINT umpire_call');
    try {
      // Days are days of UTC here: 24 hours, also where the caller's clocks are being changed.
      await client.query(`SELECT ${SETTINGS}`, ['UTC', 'ISO', 'postgres']);
      const result = await work();
      await client.query(`SELECT ${SETTINGS}`, [session.time_zone, session.date_style, session.interval_style]);
      await client.query('RELEASE SAVEPOINT umpire_call');
      return result;
    } catch (error) {
      // Where the connection is gone the first error says so.
      await client.query('ROLLBACK TO SAVEPOINT umpire_call; RELEASE SAVEPOINT umpire_call').catch(() => {});
      if (attempt >= ATTEMPTS || sqlState(error) !== DEADLOCK) throw error;
    }
  }
}

function sqlState(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

/** What the session is like; throws where no transaction, or a stricter one, is open. */
async function enter(client: Client): Promise<Session> {
  // Set for the transaction: outside of one it is gone with the statement.
  const { rows } = await client.query<Session>(
    `SELECT current_setting('TimeZone') AS time_zone, current_setting('DateStyle') AS date_style,
       current_setting('IntervalStyle') AS interval_style, current_setting('transaction_isolation') AS isolation,
       to_regclass('umpire.live_instants') IS NOT NULL AS migrated, set_config('umpire.in_call', 'yes', true)`,
  );
  const { rows: marks } = await client.query<{ is_inside: boolean }>(
    `SELECT coalesce(current_setting('umpire.in_call', true), '') = 'yes' AS is_inside`,
  );
  const session = rows[0];
  if (session === undefined || marks[0]?.is_inside !== true) {
    throw new UmpireError(
      'no_transaction',
      'Umpire is called inside a transaction of yours: send BEGIN on this client first, and COMMIT after.',
    );
  }
  if (session.isolation !== 'read committed' && session.isolation !== 'read uncommitted') {
    throw new UmpireError(
      'isolation',
      `Umpire is called in READ COMMITTED, and this transaction is ${session.isolation.toUpperCase()}: it would count what has changed meanwhile. Begin it with BEGIN ISOLATION LEVEL READ COMMITTED.`,
    );
  }
  return session;
}

async function checkDatabase(client: Client, session: Session, key: HashKey): Promise<void> {
  const { rows } = session.migrated
    ? await client.query<{ mode: Mode; hash_key_check: string }>('SELECT mode, hash_key_check FROM umpire.workspace')
    : { rows: [] };
  const workspace = rows[0];
  if (workspace === undefined) {
    throw new UmpireError(
      'not_migrated',
      'This database was not prepared for Umpire, or for an older one: run `umpire migrate`, or migrate() of this library, first.',
    );
  }
  if (workspace.mode === 'observe') {
    throw new UmpireError(
      'observe_mode',
      'This database is in observe mode: another service writes its codes and referrals, and Umpire only reads them.',
    );
  }
  if (workspace.hash_key_check !== key.check) {
    throw new UmpireError(
      'wrong_hash_key',
      'This database was hashed with another key. Give the one of its first migrate: UMPIRE_HASH_KEY, or that machine’s hash-key file.',
    );
  }
}
