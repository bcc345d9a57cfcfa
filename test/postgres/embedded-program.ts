/**
 * A program that uses the workspace in argv[2], as a process of its own. Each line on standard input is a command, each
 * answer a line of JSON: `open`, `sql …`, `release`. It ends when its input ends.
 */
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import { WorkspaceError } from '../../core/postgres/embedded/error.ts';
import { openWorkspace, type Workspace } from '../../core/postgres/embedded/workspace.ts';

const [, , home = '', uid = ''] = process.argv;
if (uid !== '') {
  process.setgroups?.([]);
  process.setgid?.(Number(uid));
  process.setuid?.(Number(uid));
}

let workspace: Workspace | null = null;

async function answer(line: string): Promise<unknown> {
  const [command = '', rest = ''] = line.split(/ (.*)/s);
  switch (command) {
    case 'open':
      workspace = await openWorkspace({ home });
      return { wasCreated: workspace.wasCreated, connection: workspace.connection };
    case 'sql': {
      const client = new Client(workspace?.connection);
      await client.connect();
      try {
        return (await client.query(rest)).rows;
      } finally {
        await client.end();
      }
    }
    case 'release':
      await workspace?.release();
      return {};
    default:
      throw new Error(`no such command: ${line}`);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const said = await answer(line).then(
    (value) => ({ value }),
    (error: unknown) => ({ error: String(error), code: error instanceof WorkspaceError ? error.code : null }),
  );
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
