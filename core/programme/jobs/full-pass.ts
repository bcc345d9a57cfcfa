import { scanChanges } from '../observe/scan.ts';
import type { Job } from './job.ts';

/** Looks at everything that another service wrote, in observe mode: what no time tells, and what is gone. */
export const fullPass: Job = {
  name: 'full-pass',
  cron: '30 2 * * *',
  modes: ['observe'],
  run: async (pool, options) => {
    const { full: _, ...figures } = await scanChanges(pool, { ...options, full: true });
    return figures;
  },
};
