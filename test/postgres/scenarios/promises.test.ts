import { expect, test } from 'vitest';
import { bought, at, pair, seen, used } from '../../support/scenario-events.ts';
import { runUmpire } from '../../support/scenario-command.ts';
import { openWorkbench, type Workbench } from '../../support/scenario-workbench.ts';

const HOME = '192.0.2.83';
const HOME_V6 = '2001:db8:77:88::99';

const events = [
  ...pair({ ip: HOME, device: 'tablet' }),
  seen('rob', '-1d', { ip: HOME, device: 'tablet' }),
  seen('rae', '+1d', { ip: HOME_V6 }),
  used('rae', '+1h'),
  bought('rae', '+30h'),
];

async function withProgramme<Result>(work: (bench: Workbench) => Promise<Result>): Promise<Result> {
  const bench = await openWorkbench();
  try {
    const lines = events.map((event) => JSON.stringify(event));
    await bench.import(lines, at('+10d'), [], 0);
    await bench.umpire(['score', '--now', at('+10d'), '--json']);
    return await work(bench);
  } finally {
    await bench.close();
  }
}

async function tables(bench: Workbench): Promise<readonly string[]> {
  const { rows } = await bench.pool.query<{ name: string }>(`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema') order by 1`);
  return rows.map((row) => row.name);
}

/** Every row with the transaction that wrote it: a row that was written again, even with the same values, differs. */
async function versions(bench: Workbench): Promise<readonly string[]> {
  const all: string[] = [];
  for (const table of await tables(bench)) {
    if (!/^(referrals|auth|credits)\./.test(table)) continue;
    const { rows } = await bench.pool.query<{ row: string }>(
      `select xmin || ' ' || t::text as row from ${table} t order by t::text`,
    );
    all.push(...rows.map(({ row }) => `${table} ${row}`));
  }
  return all;
}

test('scoring again with nothing new writes no row, not even the whole programme', async () => {
  await withProgramme(async (bench) => {
    const before = await versions(bench);
    await bench.umpire(['score', '--now', at('+11d'), '--json']);
    await bench.umpire(['score', '--all', '--now', at('+11d'), '--json']);
    expect(await versions(bench)).toEqual(before);
  });
});

test('importing the same file again writes no row', async () => {
  await withProgramme(async (bench) => {
    const before = await versions(bench);
    const lines = events.map((event) => JSON.stringify(event));
    await bench.import(lines, at('+10d'), [], 0);
    expect(await versions(bench)).toEqual(before);
  });
});

test('no address and no device that was seen can be read anywhere in the database', async () => {
  await withProgramme(async (bench) => {
    const found: string[] = [];
    for (const table of await tables(bench)) {
      for (const secret of [HOME, HOME_V6, '2001:0db8:77:88:0:0:0:99', 'tablet']) {
        const { rowCount } = await bench.pool.query(`select 1 from ${table} t where strpos(t::text, $1) > 0`, [secret]);
        if (rowCount !== 0) found.push(`${secret} in ${table}`);
      }
    }
    expect(found).toEqual([]);
  });
});

test('migrating a database that is up to date changes nothing and says so with exit code 0', async () => {
  await withProgramme(async (bench) => {
    const before = await versions(bench);
    const { stdout } = await bench.umpire(['migrate', '--json']);
    expect(JSON.parse(stdout)).toBeTypeOf('object');
    expect(await versions(bench)).toEqual(before);
  });
});

test('the balances of a scored programme pass umpire verify', async () => {
  await withProgramme(async (bench) => {
    const { stdout } = await bench.umpire(['verify', '--json']);
    expect(JSON.parse(stdout)).toBeTypeOf('object');
  });
});

test.each([
  ['an unknown command', ['guess']],
  ['an unknown option', ['score', '--guess']],
  ['an import without a file', ['import']],
  ['a clock that is no time', ['score', '--now', 'yesterday']],
  ['a decision that is none', ['decide', 'some-item', 'shrug', '--reason', 'household']],
])('%s ends with exit code 2 and keeps standard output empty', async (_, args) => {
  const { exit, stdout } = await runUmpire([...args, '--database-url', 'postgres://nobody@127.0.0.1:1/none']);
  expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
});

test('an import of a file that is not there ends with exit code 1 and changes nothing', async () => {
  await withProgramme(async (bench) => {
    const before = await versions(bench);
    const { stdout } = await bench.umpire(['import', 'no-such-file.jsonl', '--json'], 1);
    expect({ stdout, after: await versions(bench) }).toEqual({ stdout: '', after: before });
  });
});

test('another hash key than that of the first migrate is refused and changes nothing', async () => {
  await withProgramme(async (bench) => {
    const before = await versions(bench);
    const run = await runUmpire(['score', '--all', '--json', '--database-url', bench.url], {
      UMPIRE_HASH_KEY: 'ab'.repeat(32),
    });
    expect({ exit: run.exit, stdout: run.stdout, after: await versions(bench) }).toEqual({
      exit: 1,
      stdout: '',
      after: before,
    });
  });
});

test('a database that does not answer ends with exit code 1', async () => {
  const { exit } = await runUmpire(['score', '--database-url', 'postgres://nobody@127.0.0.1:1/none']);
  expect(exit).toBe(1);
});
