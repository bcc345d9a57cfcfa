import type { Client } from '../../postgres/connection.ts';
import { removeGoneCodes } from '../codes/settle.ts';
import { deriveReferrals, prepareDerivation, recountTiers } from '../derive/referrals.ts';
import { applyCodes } from '../facts/codes.ts';
import { postCredits } from '../facts/credits.ts';
import { applyPatterns } from '../facts/patterns.ts';
import { applyRegistrations } from '../facts/registrations.ts';
import { applySightings } from '../facts/sightings.ts';
import { applyUsage } from '../facts/usage.ts';
import { applyUsers } from '../facts/users.ts';
import { applyValidations } from '../facts/validations.ts';
import type { EventType } from '../events.ts';
import { settleRegistrations } from '../registration/settle.ts';

/** The tables of one page; they live as long as the connection and are empty at the start of each transaction. */
export async function preparePage(client: Client): Promise<void> {
  await client.query(
    `CREATE TEMP TABLE IF NOT EXISTS umpire_page (
       event_id text COLLATE "C" PRIMARY KEY, at timestamptz NOT NULL, type text NOT NULL, user_id text, content jsonb NOT NULL
     ) ON COMMIT DELETE ROWS;
     -- Codes that are made by another attempt because of the page, or by none any more.
     CREATE TEMP TABLE IF NOT EXISTS umpire_changed_codes (code text COLLATE "C" PRIMARY KEY, is_gone boolean NOT NULL) ON COMMIT DELETE ROWS`,
  );
  await prepareDerivation(client);
}

/** Empties what a page before this one in the same transaction left there. */
export async function clearPage(client: Client): Promise<void> {
  await client.query(
    `DO $$
     DECLARE
       name text;
     BEGIN
       FOR name IN SELECT relname FROM pg_catalog.pg_class
         WHERE relnamespace = pg_catalog.pg_my_temp_schema() AND relkind = 'r' AND relname LIKE 'umpire\\_%'
       LOOP
         EXECUTE pg_catalog.format('DELETE FROM pg_temp.%I', name);
       END LOOP;
     END $$`,
  );
}

/** Puts staged events into the page; `which` is SQL over umpire.events. Returns how many. */
export async function fillPage(client: Client, which: string, values: readonly unknown[] = []): Promise<number> {
  const { rowCount } = await client.query(
    `INSERT INTO umpire_page (event_id, at, type, user_id, content)
     SELECT event_id, at, type, content ->> 'user_id', content FROM umpire.events
     WHERE status = 'staged' ${which}`,
    [...values],
  );
  return rowCount ?? 0;
}

/** The steps that read events of these types; users come first, and what is derived follows all of them. */
const STEPS: readonly { readonly types: readonly EventType[]; readonly apply: (client: Client) => Promise<void> }[] = [
  { types: ['code.created', 'code.updated'], apply: applyCodes },
  { types: ['code.validated'], apply: applyValidations },
  { types: ['pattern.created', 'pattern.updated'], apply: applyPatterns },
  { types: ['user.seen', 'referral.registered'], apply: applySightings },
  { types: ['credits.used', 'credits.purchased'], apply: applyUsage },
  { types: ['referral.registered'], apply: applyRegistrations },
];

/**
 * Applies the events of the page: facts, what is derived from them, and the mark that they are applied. The caller holds the
 * facts lock.
 */
export async function applyPage(client: Client, now: Date): Promise<void> {
  await client.query('ANALYZE umpire_page');
  await applyUsers(client, now);
  const { rows } = await client.query<{ type: string }>('SELECT DISTINCT type FROM umpire_page');
  const there = new Set(rows.map(({ type }) => type));
  for (const { types, apply } of STEPS) {
    if (types.some((type) => there.has(type))) await apply(client);
  }
  await settleRegistrations(client, now);
  await removeGoneCodes(client);
  if (await hasFollowers(client)) await deriveReferrals(client, now);
  await postCredits(client);
  await recountTiers(client, now);

  await client.query(
    `UPDATE umpire.events AS e SET status = 'applied', content = NULL
     FROM umpire_page AS p WHERE p.event_id = e.event_id AND e.status = 'staged'`,
  );
}

/** Whether there is a referral whose stages, bonuses or score may change. */
async function hasFollowers(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ has: boolean }>(
    'SELECT EXISTS (SELECT 1 FROM umpire_touched) OR EXISTS (SELECT 1 FROM umpire_rescored) AS has',
  );
  return rows[0]?.has === true;
}
