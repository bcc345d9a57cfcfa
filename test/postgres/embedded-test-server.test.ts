import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { createTestDatabase, templateFrom, withDatabase } from '../support/postgres.ts';

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('the test server', () => {
  it('gives every test a database of its own and takes it away again', async () => {
    const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    await ask(one.url, 'CREATE TABLE mine (id int)');
    expect(await ask(other.url, "SELECT to_regclass('mine') AS found")).toEqual([{ found: null }]);
    await Promise.all([one.drop(), other.drop()]);
    await expect(ask(one.url, 'SELECT 1')).rejects.toMatchObject({ code: '3D000' });
  });

  it('drops a database that a test forgot to disconnect from', async () => {
    const database = await createTestDatabase();
    const client = new Client(database.connection);
    const lost = new Promise((resolve) => client.on('error', resolve));
    await client.connect();
    await database.drop();
    expect(await lost).toMatchObject({ code: '57P01' });
  });

  it('makes a template once, however many ask for it at the same time', async () => {
    let made = 0;
    const make = async (url: string) => {
      made += 1;
      await ask(url, 'CREATE TABLE filled AS SELECT 42 AS answer');
    };
    const names = await Promise.all([1, 2, 3].map(() => templateFrom('once', make)));
    expect(new Set(names).size).toBe(1);
    expect(made).toBe(1);
    await withDatabase({ template: names[0]! }, async ({ url }) => {
      expect(await ask(url, 'SELECT answer FROM filled')).toEqual([{ answer: 42 }]);
    });
  });

  it('makes a template again after it failed', async () => {
    const failed = templateFrom('again', async () => {
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    const template = await templateFrom('again', async (url) => {
      await ask(url, 'CREATE TABLE filled ()');
    });
    await withDatabase({ template }, async ({ url }) => {
      expect(await ask(url, 'SELECT count(*)::int AS rows FROM filled')).toEqual([{ rows: 0 }]);
    });
  });
});
