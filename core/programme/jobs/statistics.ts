import { refreshStaleDays } from '../statistics.ts';
import type { Job } from './job.ts';

/** Counts the days anew on which something changed. */
export const statistics: Job = {
  name: 'statistics',
  cron: '*/5 * * * *',
  modes: ['programme'],
  keyless: true,
  run: async (pool) => ({ days: await refreshStaleDays(pool) }),
};
