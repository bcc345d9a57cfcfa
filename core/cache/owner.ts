import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { Layout } from './folder.ts';

const cacheOwner = z.object({
  /** As the connection spells it, for people: host:port/database. */
  address: z.string(),
  login: z.string(),
  /** Which login of which server it is whatever the address (`core/host/identity.ts`); null before the first contact. */
  server: z.string().nullable(),
});
/** Whose a cache is. Beside the cache and not in it: it is to be told where the cache cannot be read. */
export type CacheOwner = z.infer<typeof cacheOwner>;

/** Null where nothing is written of it that can be read. */
export function readOwner({ owner }: Pick<Layout, 'owner'>): CacheOwner | null {
  try {
    return cacheOwner.parse(JSON.parse(readFileSync(owner, 'utf8')));
  } catch {
    return null;
  }
}

/** Whole or not at all, and through no link. Throws what the disk says. */
export function writeOwner({ owner }: Pick<Layout, 'owner'>, told: CacheOwner): void {
  const fresh = `${owner}.new`;
  rmSync(fresh, { force: true });
  writeFileSync(fresh, `${JSON.stringify(told)}\n`, { mode: 0o600, flag: 'wx', flush: true });
  chmodSync(fresh, 0o600);
  renameSync(fresh, owner);
}
