import { Client } from 'pg';
import { connect, type Pool } from '../../../core/postgres/connection.ts';
import { migrate } from '../../../core/postgres/migrate.ts';
import { type Analysts, analysts } from '../analysts.ts';
import { manyItems } from '../many-items.ts';
import { TEST_KEY } from '../migrated.ts';
import { type OwnServer, ownServer } from '../own-server.ts';
import { urlOf } from '../postgres.ts';
import { type Proxy, proxyTo } from '../proxy.ts';
import { tell } from '../story.ts';

/** A server that may be stopped and crash, with a queue on it, and mira, who reaches it through a network that may be cut. */
export type ReviewedServer = {
  readonly server: OwnServer;
  readonly network: Proxy;
  readonly owner: Pool;
  readonly mira: { readonly name: string; readonly databaseUrl: string; readonly pool: Pool };
  /** Somebody else, who decides some of the same items. */
  readonly noor: Pool;
  readonly end: () => Promise<void>;
};

export async function reviewedServer(items: number, now: Date): Promise<ReviewedServer> {
  const server = await ownServer();
  const first = new Client(server.connection);
  await first.connect();
  await first.query('CREATE DATABASE review');
  await first.end();
  const connection = { ...server.connection, database: 'review' };
  const owner = connect(urlOf(connection), 'umpire test');
  await migrate(owner, { mode: 'programme', key: TEST_KEY });
  await tell(owner, manyItems(items, now), now);
  await owner.query('UPDATE umpire.review_settings SET second_review_share = 0.1');
  const team: Analysts = await analysts({
    pool: owner,
    database: { connection, url: urlOf(connection), drop: async () => {} },
  });
  const mira = await team.login('mira');
  const noor = await team.login('noor');
  const network = await proxyTo(server.connection);
  return {
    server,
    network,
    owner,
    mira: { name: team.name('mira'), databaseUrl: network.through(team.url('mira')), pool: mira },
    noor,
    end: async () => {
      network.shut();
      await team.end();
      await owner.end();
      await server.end();
    },
  };
}
