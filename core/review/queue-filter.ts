import type { QueueFilter } from '../contract/queue.ts';
import { IS_LIVE } from './live-claim.ts';

/** A filter as SQL over `referrals.review_queue q`; its values are numbered from `$1`. */
export type FilterSql = {
  /** A WITH clause, or nothing. */
  readonly with: string;
  /** With a search it also reads `referrals.relationships r`. */
  readonly where: string;
  readonly searches: boolean;
  readonly values: readonly unknown[];
};

/** Shorter texts match so many ids by chance that names would be lost among them. */
export const SHORTEST_ID = 6;
const HEAD_OF_UUID = /^[0-9a-f]{6,8}(?:-[0-9a-f-]{0,28})?$/i;

/** An empty list filters nothing; several values of one list are alternatives, but an item has all of `signals`. */
export function filterSql(filter: QueueFilter): FilterSql {
  const values: unknown[] = [];
  const conditions: string[] = [];
  const value = (given: unknown): string => `$${values.push(given)}`;

  if (filter.statuses.length > 0) conditions.push(`q.status = ANY (${value(filter.statuses)}::public.review_status[])`);
  if (filter.priorities.length > 0) {
    conditions.push(`q.priority = ANY (${value(filter.priorities)}::public.fraud_severity[])`);
  }
  // The column is text and may be written by others: a JSON operator would fail the whole page for one bad row.
  for (const signal of filter.signals) {
    conditions.push(`strpos(q.fraud_signals, ${value(JSON.stringify(signal))}) > 0`);
  }

  if (filter.scoreFrom !== undefined) conditions.push(`q.fraud_score >= ${value(filter.scoreFrom)}`);
  if (filter.unclaimed) {
    conditions.push(
      `NOT EXISTS (SELECT 1 FROM umpire.claims AS c WHERE c.item_id = q.id AND c.analyst <> session_user AND ${IS_LIVE})`,
    );
  }

  const search = filter.search.trim();
  let found = '';
  if (search !== '') {
    const anywhere = value(`%${likeText(search)}%`);
    const userId = value(search.length >= SHORTEST_ID ? search : null);
    found = `WITH found_user AS MATERIALIZED (SELECT id FROM umpire.found_people(${anywhere}, ${userId}) AS id), found_code AS MATERIALIZED (SELECT id FROM referrals.codes WHERE code ILIKE ${anywhere})`;
    const anyOf = [
      'r.referrer_id IN (SELECT id FROM found_user)',
      'r.referee_id IN (SELECT id FROM found_user)',
      'r.code_id IN (SELECT id FROM found_code)',
    ];
    if (HEAD_OF_UUID.test(search)) {
      const head = value(`${search.toLowerCase()}%`);
      anyOf.push(`q.id::text LIKE ${head}`, `r.id::text LIKE ${head}`);
    }
    conditions.push(`(${anyOf.join(' OR ')})`);
  }
  return {
    with: found,
    where: conditions.length === 0 ? 'true' : conditions.join(' AND '),
    searches: search !== '',
    values,
  };
}

/** The text itself, where LIKE would read a wildcard. */
export function likeText(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`);
}
