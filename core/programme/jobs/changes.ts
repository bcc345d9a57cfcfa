import { scanChanges } from '../observe/scan.ts';
import type { Job } from './job.ts';

/** Finds what another service changed since the last scan, in observe mode. */
export const changes: Job = {
  name: 'changes',
  cron: '* * * * *',
  modes: ['observe'],
  run: async (pool, options) => {
    const { full: _, ...figures } = await scanChanges(pool, { ...options, full: false });
    return figures;
  },
};
