import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { connect, type Pool } from '../../core/postgres/connection.ts';
import { addAccount } from '../../core/postgres/roles/accounts.ts';
import type { Role } from '../../core/postgres/roles/rights.ts';
import { type TestDatabase, urlOf } from './postgres.ts';

/** Logins belong to the whole server, which other tests use at the same time: each has a name of its own and goes at the end. */
export type Login = {
  readonly name: string;
  readonly role: Role;
  readonly url: string;
  readonly pool: Pool;
};

export type Logins = {
  /** An account with this role, made as `umpire admin add` does. */
  add(role: Role, called?: string): Promise<Login>;
  /** To be removed with the others, whoever made it. */
  made(name: string): void;
  /** A name that no other test takes. */
  name(called: string): string;
  urlOf(name: string, password: string): string;
  /** Ends their connections and drops them. The database must still be there. */
  end(): Promise<void>;
};

export function loginsOf(database: TestDatabase, pool: Pool): Logins {
  const own = randomBytes(4).toString('hex');
  const names: string[] = [];
  const pools: Pool[] = [];
  const name = (called: string): string => `${called}.${own}`;
  const url = (user: string, password: string): string => urlOf({ ...database.connection, user, password });
  return {
    name,
    urlOf: url,
    made: (one) => void names.push(one),
    add: async (role, called = role) => {
      const login = name(called);
      const { password } = await addAccount(pool, { login, role, display: null }, undefined);
      names.push(login);
      const opened = connect(url(login, password), 'umpire test login');
      pools.push(opened);
      return { name: login, role, url: url(login, password), pool: opened };
    },
    end: async () => {
      await Promise.all(pools.map((one) => one.end()));
      const superuser = new Client(database.connection);
      await superuser.connect();
      try {
        for (const one of names) {
          await superuser.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1`, [one]);
          await superuser.query(`DROP ROLE IF EXISTS "${one}"`);
        }
      } finally {
        await superuser.end();
      }
    },
  };
}
