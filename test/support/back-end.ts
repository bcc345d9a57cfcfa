import pg from 'pg';
import { createUmpire, type Umpire } from '../../core/library.ts';
import { type ImportReport, importEvents } from '../../core/programme/import/import.ts';
import { eventSource } from '../../core/programme/import/source.ts';
import { migratedDatabase, TEST_KEY } from './migrated.ts';
import { at, ipOf, type ScenarioEvent } from './scenario-events.ts';

/** The key of `migratedDatabase`, as a product has it. */
export const SECRET = 'a key of the tests';

/** A product's back end: a database, one connection to it, and a clock that the test sets. */
export type BackEnd = {
  readonly url: string;
  readonly pool: pg.Pool;
  readonly client: pg.Client;
  readonly umpire: Umpire;
  /** Sets the clock to that offset from the start of scenarios. */
  readonly clock: (offset: string) => void;
  /** Runs `work` in a transaction of its own on `client`, committed. */
  readonly commit: <Answer>(work: () => Promise<Answer>) => Promise<Answer>;
  /** Registers a referee from an address of their own. */
  readonly join: (refereeId: string, code: string, more?: object) => ReturnType<Umpire['registerReferral']>;
  readonly load: (events: readonly ScenarioEvent[]) => Promise<ImportReport>;
  /** The column `value` of a query. */
  readonly column: (sql: string) => Promise<unknown[]>;
  readonly end: () => Promise<void>;
};

export async function openBackEnd(): Promise<BackEnd> {
  const db = await migratedDatabase();
  const { pool, database } = db;
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  let now = at('0');
  const umpire = createUmpire({ hashKey: SECRET, now: () => new Date(now) });
  const commit: BackEnd['commit'] = async (work) => {
    await client.query('BEGIN');
    try {
      const answer = await work();
      await client.query('COMMIT');
      return answer;
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    }
  };
  return {
    url: database.url,
    pool,
    client,
    umpire,
    commit,
    clock: (offset) => {
      now = at(offset);
    },
    join: (refereeId, code, more = {}) =>
      commit(() => umpire.registerReferral(client, { refereeId, code, ip: ipOf(refereeId), ...more })),
    load: (events) =>
      importEvents(
        pool,
        eventSource(() => events),
        { key: TEST_KEY, now: new Date(at('+10d')) },
      ),
    column: async (sql) => (await pool.query<{ value: unknown }>(sql)).rows.map(({ value }) => value),
    end: async () => {
      await client.end();
      await db.end();
    },
  };
}
