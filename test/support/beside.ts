import { connect, type Pool } from '../../core/postgres/connection.ts';
import { openWorkspace } from '../../core/postgres/embedded/workspace.ts';

/** The database of a running program, beside it. */
export type Beside = {
  readonly pool: Pool;
  rows<Row extends Record<string, unknown>>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  end(): Promise<void>;
};

/** Joins the embedded workspace of a data folder. */
export async function beside(home: string): Promise<Beside> {
  const workspace = await openWorkspace({ home });
  const pool = connect(workspace.connection, 'umpire test');
  return {
    pool,
    rows: async <Row extends Record<string, unknown>>(sql: string, values: readonly unknown[] = []) =>
      (await pool.query<Row>(sql, [...values])).rows,
    end: async () => {
      await pool.end();
      await workspace.release();
    },
  };
}
