import { z } from 'zod';
import { dbCount, row } from '../../postgres/rows.ts';
import type { Job } from './job.ts';

/** Removes what deleted items and referrals left for caches, once every cursor that did not see it is too old to be gone on from. */
export const tombstones: Job = {
  name: 'tombstones',
  cron: '47 3 * * *',
  modes: ['programme', 'observe'],
  keyless: true,
  run: async (pool) => {
    const found = await row(pool, z.object({ removed: dbCount }), 'SELECT umpire.forget_gone() AS removed');
    return { removed: found?.removed ?? 0 };
  },
};
