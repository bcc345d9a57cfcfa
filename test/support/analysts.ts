import { connect, type Pool } from '../../core/postgres/connection.ts';
import type { MigratedDatabase } from './migrated.ts';
import { urlOf } from './postgres.ts';

/** Logins of this database with one of Umpire's roles each; roles are the cluster's, so that names are made unique. */
export type Analysts = {
  /** A pool as this person; an analyst where no role is given. */
  login(person: string, role?: 'viewer' | 'analyst' | 'lead' | 'admin'): Promise<Pool>;
  /** The login's name in the database. */
  name(person: string): string;
  url(person: string): string;
  /** Ends the pools and removes the logins. */
  end(): Promise<void>;
};

const PASSWORD = 'a password of the tests';

export async function analysts(db: Pick<MigratedDatabase, 'pool' | 'database'>): Promise<Analysts> {
  const { database } = db.database.connection;
  const pools = new Map<string, Pool>();
  const name = (person: string): string => `${person}_${database.slice(-12)}`;
  const url = (person: string): string => urlOf({ ...db.database.connection, user: name(person), password: PASSWORD });
  return {
    name,
    url,
    login: async (person, role = 'analyst') => {
      await db.pool.query(`CREATE ROLE "${name(person)}" LOGIN PASSWORD '${PASSWORD}' IN ROLE umpire_${role}`);
      const pool = connect(url(person), 'umpire test');
      pools.set(person, pool);
      return pool;
    },
    end: async () => {
      for (const pool of pools.values()) await pool.end();
      for (const person of pools.keys()) await db.pool.query(`DROP ROLE "${name(person)}"`);
    },
  };
}
