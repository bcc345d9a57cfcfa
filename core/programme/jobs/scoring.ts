import { syncPatternKeys } from '../../engine/patterns/sync.ts';
import { score } from '../../engine/score.ts';
import type { Job } from './job.ts';

/** Keys for patterns that were written by hand, then whatever waits to be scored. */
export const scoring: Job = {
  name: 'scoring',
  cron: '* * * * *',
  modes: ['programme', 'observe'],
  run: async (pool, { now, key, signal }) => {
    await syncPatternKeys(pool, key);
    return { ...(await score(pool, { now, ...(signal === undefined ? {} : { signal }) })) };
  },
};
