import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { codeOf } from '../postgres/embedded/error.ts';

const demoOrder = z.object({ referrals: z.number().int().min(1), seed: z.number().int(), until: z.iso.datetime() });
/** What a first fill makes: the same order makes the same events, so that one that was cut off can be completed. */
export type DemoOrder = z.infer<typeof demoOrder>;

const NAME = 'demo-order.json';

/** The order of a fill that has begun and is not complete; null where there is none. */
export async function pendingOrder(home: string): Promise<DemoOrder | null> {
  try {
    return demoOrder.parse(JSON.parse(await readFile(join(home, NAME), 'utf8')));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** On the disk before the first event is imported; a half-written file never has the name. */
export async function rememberOrder(home: string, order: DemoOrder): Promise<void> {
  const path = join(home, NAME);
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(order)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

export async function forgetOrder(home: string): Promise<void> {
  await rm(join(home, NAME), { force: true });
}
