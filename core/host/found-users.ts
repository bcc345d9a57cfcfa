import type { QueueFilter } from '../contract/queue.ts';
import { foundPeople } from '../review/found-people.ts';
import type { Session } from './session.ts';
import { within } from './within.ts';

/** A search is asked of the server at most so long: the cache finds most by itself. */
const ANSWER_WITHIN_MS = 300;
/** The pages of one search see the same people. */
const KEPT_MS = 10_000;

export type FoundUsers = (filter: QueueFilter, session: Session | null) => Promise<{ userIds: readonly string[] }>;

/** People that the server finds by what the cache does not keep, e.g. e-mail addresses; nobody where it does not say so in time. */
export function foundUsers(now: () => number): FoundUsers {
  let last: { readonly search: string; readonly until: number; readonly people: Promise<readonly string[]> } | null =
    null;

  return async ({ search }, session) => {
    if (search.trim() === '' || session === null) return { userIds: [] };
    if (last === null || last.search !== search || last.until < now()) {
      const asked = { search, until: now() + KEPT_MS, people: foundPeople(session.pool, search) };
      last = asked;
      asked.people.catch(() => {
        if (last === asked) last = null;
      });
    }
    const userIds = await within(ANSWER_WITHIN_MS, last.people).catch(() => null);
    return { userIds: userIds ?? [] };
  };
}
