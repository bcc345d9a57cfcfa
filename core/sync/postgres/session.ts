import type { PoolClient } from 'pg';
import type { Pool } from '../../postgres/connection.ts';
import { isDisabled, loginRole } from '../../postgres/roles/login.ts';
import type { Queryable } from '../../postgres/rows.ts';
import type { AuditHead } from '../../review/audit-log.ts';
import { type Epoch, ServerFailure } from '../ports.ts';
import { isMissingRight, serverFailure } from './failure.ts';

/** How to reach one server as one analyst. */
export type Access = {
  readonly pool: Pool;
  /** How long one statement may go without an answer: a network that swallows everything says nothing. */
  readonly patienceMs: number;
  /** The clock by which stakes are told; the server's where it is not given. */
  readonly now?: (() => Date) | undefined;
  /** That the last hello told; null before it. */
  readonly epoch?: () => Epoch | null;
  /** That the last pull told; null before it. */
  readonly head?: () => AuditHead | null;
};

/**
 * Runs `work` on one connection in one transaction. Throws ServerFailure for what the ports name; other errors as they are. What the
 * caller's own code throws inside (`apart`) is not taken for the server's.
 */
export async function inSession<Result>(
  { pool, patienceMs }: Access,
  begin: 'BEGIN ISOLATION LEVEL READ COMMITTED' | 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
  work: (db: Queryable, apart: <Value>(own: () => Promise<Value>) => Promise<Value>) => Promise<Result>,
): Promise<Result> {
  let own: { readonly error: unknown } | null = null;
  const apart = async <Value>(run: () => Promise<Value>): Promise<Value> => {
    try {
      return await run();
    } catch (error) {
      own = { error };
      throw error;
    }
  };
  try {
    return await onConnection(pool, patienceMs, async (db) => {
      // A plan that was made for any number of items is one for few of them.
      await db.query(`${begin}; SET LOCAL plan_cache_mode = force_custom_plan`);
      const result = await work(db, apart);
      await db.query('COMMIT');
      return result;
    });
  } catch (error) {
    if (own !== null && (own as { readonly error: unknown }).error === error) throw error;
    throw await told(error, pool);
  }
}

/** A connection on which no statement waits longer than `patienceMs`. After an error it is nobody's any more: what it left open ends with it. */
async function onConnection<Result>(
  pool: Pool,
  patienceMs: number,
  work: (db: Queryable) => Promise<Result>,
): Promise<Result> {
  const client = await connected(pool, patienceMs);
  let isReleased = false;
  let isLate = false;
  const release = (broken: boolean): void => {
    if (isReleased) return;
    isReleased = true;
    client.release(broken);
  };
  const db: Queryable = {
    query: async (text, values) => {
      // A connection that is released as broken is cut, and the statement that waits on it fails.
      const timer = setTimeout(() => {
        isLate = true;
        release(true);
      }, patienceMs);
      try {
        return await client.query(text, values);
      } catch (error) {
        if (isLate) throw unanswered(patienceMs);
        throw error;
      } finally {
        clearTimeout(timer);
      }
    },
  };
  try {
    const result = await work(db);
    release(false);
    return result;
  } finally {
    release(true);
  }
}

async function connected(pool: Pool, patienceMs: number): Promise<PoolClient> {
  const connecting = pool.connect();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unanswered(patienceMs)), patienceMs);
  });
  try {
    return await Promise.race([connecting, late]);
  } catch (error) {
    // One that comes after all is nobody's.
    connecting.then(
      (client) => client.release(true),
      () => {},
    );
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function unanswered(patienceMs: number): ServerFailure {
  return new ServerFailure('link', `The server has not answered for ${Math.round(patienceMs / 1000)} s.`);
}

/** A right that is missing says something of the login, and nothing of what it asked for. */
async function told(error: unknown, pool: Pool): Promise<unknown> {
  const failure = serverFailure(error);
  if (failure !== null) return failure;
  if (!isMissingRight(error)) return error;
  const { kind, message } = await whyWithout(pool);
  // A transaction that is refused has done nothing.
  return new ServerFailure(kind, message, true);
}

async function whyWithout(pool: Pool): Promise<ServerFailure> {
  try {
    const role = await loginRole(pool);
    if (role === null) return await withoutRole(pool);
    return new ServerFailure('refused', role === 'viewer' ? ONLY_LOOKS : WITHOUT_RIGHTS);
  } catch (other) {
    return serverFailure(other) ?? new ServerFailure('refused', NO_ROLE);
  }
}

/** A login without a role may get it (back): only one that is disabled has lost its account. */
export async function withoutRole(db: Queryable): Promise<ServerFailure> {
  if (await isDisabled(db)) return new ServerFailure('account', 'This login is disabled.');
  return new ServerFailure('refused', NO_ROLE);
}

const NO_ROLE =
  'This login has no role in Umpire now. What was decided stays on this computer, and is sent when an admin has given it one.';
const ONLY_LOOKS =
  'This login may only look at present. What was decided stays on this computer, and is sent when an admin has given it a role that decides.';
const WITHOUT_RIGHTS =
  'The server does not give this login the rights of its role now, as while a copy of it is restored. What was decided stays on this computer, and is sent when it does.';
