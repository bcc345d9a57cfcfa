import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWorkspace } from '../../core/postgres/embedded/workspace.ts';
import { urlOf } from '../support/postgres.ts';

/** Runs `work` on an embedded workspace of its own, with the settings that users have, and removes it afterwards. */
export async function withServer<Result>(work: (url: string) => Promise<Result>): Promise<Result> {
  const home = await mkdtemp(join(tmpdir(), 'umpire-bench-'));
  try {
    const workspace = await openWorkspace({ home });
    try {
      return await work(urlOf(workspace.connection));
    } finally {
      await workspace.release();
    }
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
}
