import { UNDELIVERED } from '../domain/outbox.ts';
import { readReadyStatus } from './ready-status.ts';
import type { Station } from './station.ts';

const ANSWER_WITHIN_MS = 1000;
const HOUR_MS = 60 * 60 * 1000;
const PAGE = 500;

/**
 * Decisions of this analyst in the hour before `now`: by the server, with those that are still on their way to it; without a server those of
 * this computer, by its clock.
 */
export async function decisionsOfLastHour({ cache, contact, patience }: Station, now: Date): Promise<number> {
  const session = contact.session();
  const told =
    session === null ? null : await patience.ask(ANSWER_WITHIN_MS, () => readReadyStatus(session)).catch(() => null);
  const made = cache
    .outbox({ states: [], offset: 0, limit: PAGE })
    .rows.filter(({ kind, decidedAt }) => kind === 'decide' && now.getTime() - Date.parse(decidedAt) < HOUR_MS);
  const waiting = made.filter(({ state }) => UNDELIVERED.includes(state)).length;
  if (told !== null) return told.decisionsLastHour + waiting;
  return waiting + made.filter(({ state }) => state === 'applied').length;
}
