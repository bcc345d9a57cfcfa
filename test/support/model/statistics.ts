import { dayOf } from './moment.ts';
import type { State } from './state.ts';

const FIGURES = ['registrations', 'activations', 'qualifications', 'retentions', 'paid', 'held', 'blocked'] as const;
type Figure = (typeof FIGURES)[number];

/** By `day app` (`day *` for all together): the figures of `referrals.daily_stats`; days and apps without any are left out. */
export function dailyStatistics(state: State): Map<string, Record<Figure, number>> {
  const rows = new Map<string, Record<Figure, number>>();
  const count = (at: number | undefined, appId: string | null, figure: Figure, by = 1): void => {
    if (at === undefined || by === 0) return;
    for (const app of appId === null ? ['*'] : ['*', appId]) {
      const key = `${dayOf(at)} ${app}`;
      const row = rows.get(key) ?? (Object.fromEntries(FIGURES.map((name) => [name, 0])) as Record<Figure, number>);
      row[figure] += by;
      rows.set(key, row);
    }
  };
  for (const { at, activated, qualified, retained, appId } of state.referrals.values()) {
    count(at, appId, 'registrations');
    count(activated?.at, appId, 'activations');
    count(qualified?.at, appId, 'qualifications');
    count(retained?.at, appId, 'retentions');
  }
  for (const { at, kind, appId, credits } of state.log) count(at, appId, kind, kind === 'blocked' ? 1 : credits);
  return rows;
}
