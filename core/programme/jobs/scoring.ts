import { syncPatternKeys } from '../../engine/patterns/sync.ts';
import { score } from '../../engine/score.ts';
import { settleOpinions } from '../../review/opinions.ts';
import type { Job } from './job.ts';

/** Keys for patterns that were written by hand, second opinions that were left behind, then whatever waits to be scored. */
export const scoring: Job = {
  name: 'scoring',
  cron: '* * * * *',
  modes: ['programme', 'observe'],
  run: async (pool, { now, key, signal }) => {
    await syncPatternKeys(pool, key);
    // Of programs that ended before they settled their own.
    await settleOpinions(pool, now);
    return { ...(await score(pool, { now, ...(signal === undefined ? {} : { signal }) })) };
  },
};
