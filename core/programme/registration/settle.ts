import type { Client } from '../../postgres/connection.ts';
import { microsSql } from '../instant.ts';
import { codeAt, codeHistories } from './code-history.ts';
import { judge, type Verdict } from './judge.ts';
import { type Key, loadPlaces } from './places.ts';
import { recordVerdicts, type Judged } from './record.ts';
import { waitForScoringFrom } from './scoring.ts';

const PAGE = 2000;

type Row = {
  readonly event_id: string;
  readonly at: string;
  readonly micros: string;
  readonly referee_id: string;
  readonly code: string;
  readonly outcome: string | null;
  readonly code_id: string | null;
  readonly referrer_id: string | null;
  readonly is_campaign: boolean | null;
};

/**
 * Settles who is accepted, from the earliest registration that the page may have changed on: each is judged against the
 * accepted ones before it and those that stand because they were scored (SPEC 2). What was accepted and no longer is loses
 * its referral; nothing scored is ever touched.
 */
export async function settleRegistrations(client: Client, now: Date): Promise<void> {
  let from = await firstAffected(client);
  if (from !== null) await waitForScoringFrom(client, from);
  while (from !== null) from = await settlePage(client, from, now);
}

async function firstAffected(client: Client): Promise<Key | null> {
  const { rows } = await client.query<{ at: string; event_id: string }>(
    // Materialized: each part is few rows, and a walk along the order of all registrations would be long.
    `WITH own AS MATERIALIZED (
       SELECT g.at, g.event_id FROM umpire_page AS p JOIN umpire.registrations AS g ON g.event_id = p.event_id
       WHERE p.type = 'referral.registered' AND NOT g.is_settled
     ),
     through_changed AS MATERIALIZED (
       SELECT g.at, g.event_id FROM umpire_changed_codes AS c JOIN umpire.registrations AS g ON g.code = c.code WHERE NOT g.is_settled
     ),
     through_updated AS MATERIALIZED (
       SELECT g.at, g.event_id
       FROM (SELECT p.content ->> 'code' AS code, p.at, p.event_id FROM umpire_page AS p WHERE p.type = 'code.updated') AS p
       JOIN umpire.registrations AS g ON g.code = p.code
       WHERE NOT g.is_settled AND (g.at, g.event_id) > (p.at, p.event_id)
     )
     SELECT at::text, event_id
     FROM (SELECT * FROM own UNION ALL SELECT * FROM through_changed UNION ALL SELECT * FROM through_updated) AS affected
     ORDER BY affected.at, event_id LIMIT 1`,
  );
  const first = rows[0];
  return first === undefined ? null : { at: first.at, eventId: first.event_id };
}

/** Settles one page from `from` on, inclusive; returns where the next one begins. */
async function settlePage(client: Client, from: Key, now: Date): Promise<Key | null> {
  const { rows } = await client.query<Row>(
    `SELECT event_id, at::text, ${microsSql('at')} AS micros, referee_id, code, outcome, code_id, referrer_id, is_campaign
     FROM umpire.registrations WHERE NOT is_settled AND (at, event_id) >= ($1::timestamptz, $2)
     ORDER BY at, event_id LIMIT ${PAGE + 1}`,
    [from.at, from.eventId],
  );
  const page = rows.slice(0, PAGE);
  const next = rows[PAGE];
  const last = page.at(-1);
  if (last !== undefined) {
    const histories = await codeHistories(client, [...new Set(page.map(({ code }) => code))]);
    const places = await loadPlaces(client, {
      referees: page.map(({ referee_id: id }) => id),
      codes: [...histories.values()],
      from,
      until: last.at,
    });
    const judged: Judged[] = [];
    for (const row of page) {
      const attempt = { at: Number(row.micros), refereeId: row.referee_id };
      const history = histories.get(row.code);
      const code = history === undefined ? null : codeAt(history, attempt.at, row.event_id);
      const verdict: Verdict = judge(attempt, code, places);
      if (verdict === 'accepted' && code !== null) places.take(attempt, code);
      const owner = verdict === 'accepted' ? code : null;
      const changed =
        row.outcome !== verdict ||
        row.code_id !== (owner?.codeId ?? null) ||
        row.referrer_id !== (owner?.ownerId ?? null) ||
        row.is_campaign !== (owner === null ? null : owner.type === 'campaign');
      if (changed)
        judged.push({ eventId: row.event_id, verdict, code: owner, wasAccepted: row.outcome === 'accepted' });
    }
    await recordVerdicts(client, judged, now);
  }
  return next === undefined ? null : { at: next.at, eventId: next.event_id };
}
