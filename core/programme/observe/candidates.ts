import type { Pool } from '../../postgres/connection.ts';
import { type Ids, pages } from './pages.ts';

/** Which rows a scan looks at: those with a time after `since`, or, with null, all, the owner's and those known here. */
export type Window = { readonly since: Date | null; readonly ledger: boolean };

/** The ids of all rows of the owner's and of all that are known here. */
function everything(pool: Pool, type: 'text' | 'uuid', theirs: string, ours: string): AsyncGenerator<Ids> {
  const next = (from: string, size: number): string =>
    `(SELECT x.id FROM ${from} AS x WHERE $1::${type} IS NULL OR x.id > $1 ORDER BY x.id LIMIT ${size})`;
  return pages(
    pool,
    type,
    (size) => `SELECT id FROM (${next(theirs, size)} UNION ${next(ours, size)}) AS known ORDER BY id LIMIT ${size}`,
  );
}

export function usersToSee(pool: Pool, { since, ledger }: Window): AsyncGenerator<Ids> {
  if (since === null) {
    return everything(pool, 'text', 'auth.users', `(SELECT id FROM umpire.observed WHERE kind = 'user')`);
  }
  return pages(
    pool,
    'text',
    (size) => `
      SELECT id FROM (
        SELECT id FROM auth.users WHERE created_at > $2 OR updated_at > $2
        UNION
        SELECT user_id FROM referrals.user_fingerprints WHERE seen_at > $2
        UNION
        SELECT l.user_id FROM referrals.fingerprints AS f JOIN referrals.user_fingerprints AS l ON l.fingerprint_id = f.id
        WHERE f.last_seen_at > $2 OR f.first_seen_at > $2
        UNION
        SELECT x.id FROM referrals.relationships AS r CROSS JOIN LATERAL (VALUES (r.referrer_id), (r.referee_id)) AS x (id)
        WHERE ${touched('r')}
        UNION
        SELECT r.referee_id FROM referrals.cross_app_activations AS c JOIN referrals.relationships AS r ON r.id = c.relationship_id
        WHERE c.activated_at > $2
        ${
          ledger
            ? `UNION SELECT user_id FROM credits.transactions WHERE (created_at > $2 OR completed_at > $2) AND type IN ('usage', 'purchase')
               UNION SELECT user_id FROM credits.balances WHERE created_at > $2`
            : ''
        }
      ) AS seen WHERE $1::text IS NULL OR id > $1 ORDER BY id LIMIT ${size}`,
    [since],
  );
}

export function referralsToSee(pool: Pool, { since }: Window): AsyncGenerator<Ids> {
  if (since === null) {
    return everything(pool, 'uuid', 'referrals.relationships', '(SELECT relationship_id AS id FROM umpire.referrals)');
  }
  return pages(
    pool,
    'uuid',
    (size) => `
      SELECT id FROM (
        SELECT r.id FROM referrals.relationships AS r WHERE ${touched('r')}
        UNION
        SELECT r.id FROM referrals.user_fingerprints AS l JOIN referrals.relationships AS r ON r.referee_id = l.user_id
        WHERE l.context = 'registration' AND l.seen_at > $2
        UNION
        SELECT r.id FROM referrals.fingerprints AS f JOIN referrals.user_fingerprints AS l ON l.fingerprint_id = f.id
        JOIN referrals.relationships AS r ON r.referee_id = l.user_id
        WHERE l.context = 'registration' AND (f.last_seen_at > $2 OR f.first_seen_at > $2)
        UNION
        SELECT r.id FROM referrals.codes AS c JOIN referrals.relationships AS r ON r.code_id = c.id WHERE c.created_at > $2
        UNION
        -- Unknown with a pending bonus: found at once, whatever the owner's clock said.
        SELECT b.relationship_id FROM referrals.bonus_events AS b
        WHERE b.status = 'pending' AND NOT EXISTS (SELECT 1 FROM umpire.referrals AS k WHERE k.relationship_id = b.relationship_id)
        UNION
        -- Deleted while it waited to be scored, which could only fail.
        SELECT d.relationship_id FROM umpire.dirty AS d
        WHERE NOT EXISTS (SELECT 1 FROM referrals.relationships AS r WHERE r.id = d.relationship_id)
      ) AS seen WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT ${size}`,
    [since],
  );
}

export function bonusesToSee(pool: Pool, { since }: Window): AsyncGenerator<Ids> {
  if (since === null) {
    return everything(pool, 'uuid', 'referrals.bonus_events', '(SELECT bonus_id AS id FROM umpire.bonuses)');
  }
  return pages(
    pool,
    'uuid',
    (size) => `
      SELECT id FROM referrals.bonus_events WHERE (created_at > $2 OR released_at > $2) AND ($1::uuid IS NULL OR id > $1)
      ORDER BY id LIMIT ${size}`,
    [since],
  );
}

const touched = (alias: string): string =>
  `greatest(${['created_at', 'updated_at', 'registered_at', 'activated_at', 'qualified_at', 'retained_at']
    .map((column) => `${alias}.${column}`)
    .join(', ')}) > $2`;
