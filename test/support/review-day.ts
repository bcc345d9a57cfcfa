import { connect, type Pool } from '../../core/postgres/connection.ts';
import { type LaunchedApp, launchApp, temporaryHome } from './electron.ts';
import { type Login, loginsOf, type Logins } from './logins.ts';
import { manyItemsTemplate } from './many-items.ts';
import { createTestDatabase, type TestDatabase } from './postgres.ts';
import { type Proxy, proxyTo } from './proxy.ts';

/** A queue on a server, a network that can be shut, and one computer for whoever signs in. */
export type ReviewDay = {
  readonly database: TestDatabase;
  /** As the owner. */
  readonly pool: Pool;
  readonly logins: Logins;
  readonly proxy: Proxy;
  readonly home: string;
  /** Opens the window as this person, who reaches the server through the proxy. */
  readonly start: (login: Login) => Promise<LaunchedApp>;
  /** The status of each of these items on the server, in their order. */
  readonly statuses: (itemIds: readonly string[]) => Promise<string[]>;
  readonly end: () => Promise<void>;
};

export async function reviewDay(items: number): Promise<ReviewDay> {
  const database = await createTestDatabase({ template: await manyItemsTemplate(items, new Date()) });
  const pool = connect(database.url, 'umpire test');
  const logins = loginsOf(database, pool);
  const proxy = await proxyTo(database.connection);
  const { home, remove } = await temporaryHome();
  return {
    database,
    pool,
    logins,
    proxy,
    home,
    start: ({ url }) => launchApp({ home, databaseUrl: proxy.through(url) }),
    statuses: async (itemIds) => {
      const { rows } = await pool.query<{ status: string }>(
        `SELECT q.status FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (id, place)
         JOIN referrals.review_queue AS q USING (id) ORDER BY place`,
        [itemIds],
      );
      return rows.map(({ status }) => status);
    },
    end: async () => {
      proxy.shut();
      await logins.end();
      await pool.end();
      await database.drop();
      await remove();
    },
  };
}
