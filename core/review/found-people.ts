import { z } from 'zod';
import { type Queryable, rows } from '../postgres/rows.ts';
import { likeText, SHORTEST_ID } from './queue-filter.ts';

/** So many tell a person nothing; whoever searches goes on typing. */
const MOST = 5000;

/** Ids of users whose name or e-mail address has this text in it, or whose id it is: by what no cache keeps. Empty for an empty search. */
export async function foundPeople(db: Queryable, search: string): Promise<string[]> {
  const text = search.trim();
  if (text === '') return [];
  const found = await rows(
    db,
    z.object({ id: z.string() }),
    'SELECT id FROM umpire.found_people($1, $2) AS id LIMIT $3',
    [`%${likeText(text)}%`, text.length >= SHORTEST_ID ? text : null, MOST],
  );
  return found.map(({ id }) => id);
}
