import type { QueueFilter } from '../contract/queue.ts';
import { foundPeople } from '../review/found-people.ts';
import type { Station } from './station.ts';

/** A server that has not searched by then counts as silent. */
const ANSWER_WITHIN_MS = 3000;
/** The pages of one search see the same people. */
const KEPT_MS = 10_000;

export type FoundUsers = (filter: QueueFilter, station: Station) => { readonly userIds: readonly string[] };

type Search = { readonly search: string; readonly until: number; readonly userIds: readonly string[] };

/**
 * People that the server found by what the cache does not keep, e.g. e-mail addresses. Nobody waits for it: a search is answered by what
 * is known, and what the server finds then is told as a change of the queue.
 */
export function foundUsers(now: () => number): FoundUsers {
  let last: Search | null = null;

  async function ask(asked: Search, { contact, patience, changed }: Station): Promise<void> {
    const session = contact.session();
    if (session === null) return;
    const found = (people: readonly string[]): void => {
      if (last !== asked) return;
      last = { ...asked, userIds: people };
      if (people.join() !== asked.userIds.join()) changed();
    };
    try {
      const people = await patience.ask(ANSWER_WITHIN_MS, () => foundPeople(session.pool, asked.search), found);
      if (people !== null) found(people);
    } catch {
      // Asked again with the next page.
      if (last === asked) last = { ...asked, until: now() };
    }
  }

  return ({ search }, station) => {
    if (search.trim() === '') return { userIds: [] };
    const isSame = last?.search === search;
    if (!isSame || last === null || last.until <= now()) {
      last = { search, until: now() + KEPT_MS, userIds: isSame ? (last?.userIds ?? []) : [] };
      void ask(last, station);
    }
    return { userIds: last.userIds };
  };
}
