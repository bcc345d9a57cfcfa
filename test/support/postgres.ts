import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

/** The variable with the URL of the test server's database `postgres`, set by postgres-global.ts. */
export const SERVER = 'UMPIRE_TEST_PG_URL';

export type Connection = {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
};

export type TestDatabase = {
  readonly url: string;
  readonly connection: Connection;
  /** Ends what is still connected and removes the database. */
  drop(): Promise<void>;
};

/** As a URL that `pg`, libpq and `new URL` take, for a Unix socket's folder too. */
export function urlOf(connection: Connection): string {
  const part = encodeURIComponent;
  const { host, port, user, password, database } = connection;
  return `postgresql://${part(user)}:${part(password)}@${part(host)}:${port}/${part(database)}`;
}

export function connectionOf(url: string): Connection {
  const { hostname, port, username, password, pathname } = new URL(url);
  const [host = '', user = '', secret = '', database = ''] = [hostname, username, password, pathname.slice(1)].map(
    decodeURIComponent,
  );
  return { host, port: Number(port || 5432), user, password: secret, database };
}

function server(): Connection {
  const url = process.env[SERVER];
  if (url === undefined) throw new Error('no test server: add test/support/postgres-global.ts to globalSetup');
  return connectionOf(url);
}

async function onServer<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(server());
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** A fresh database, a copy of `template` (see templateFrom) where one is given. Take `withDatabase` where it fits. */
export async function createTestDatabase(options: { readonly template?: string } = {}): Promise<TestDatabase> {
  const database = `test_${process.pid}_${randomBytes(6).toString('hex')}`;
  const template = options.template === undefined ? '' : ` TEMPLATE "${options.template}"`;
  await onServer((client) => client.query(`CREATE DATABASE "${database}"${template}`));
  const connection = { ...server(), database };
  return {
    url: urlOf(connection),
    connection,
    drop: async () => {
      await onServer((client) => client.query(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`));
    },
  };
}

/** Runs `work` with a fresh database that is gone afterwards. */
export async function withDatabase<T>(
  options: { readonly template?: string },
  work: (database: TestDatabase) => Promise<T>,
): Promise<T> {
  const database = await createTestDatabase(options);
  try {
    return await work(database);
  } finally {
    await database.drop();
  }
}

/** Any number, ours alone on the test server. */
const TEMPLATE_LOCK = 7_204_881;

/**
 * The name of a template database that `make` filled, given its URL. It is made once in a test run, by whichever process
 * comes first; the others wait. `make` closes its connections; if it throws, nothing stays and the next one tries again.
 */
export async function templateFrom(name: string, make: (url: string) => Promise<void>): Promise<string> {
  const template = `template_${name}`;
  return onServer(async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [template]);
    if (found.rowCount !== 0) return template;
    const unfinished = await createTestDatabase();
    try {
      await make(unfinished.url);
      // A database gets the template's name when it is complete. Renaming waits for the last sessions to end.
      await client.query(`ALTER DATABASE "${unfinished.connection.database}" RENAME TO "${template}"`);
    } finally {
      await unfinished.drop();
    }
    // Nobody may connect, because copying it waits for those who do.
    await client.query(`ALTER DATABASE "${template}" ALLOW_CONNECTIONS false`);
    return template;
  });
}
