import { RATE_LIMITS } from '../../domain/constants.ts';
import type { Client } from '../../postgres/connection.ts';
import { isoOf, type Micros, microsSql } from '../instant.ts';
import { keepValidations } from '../limits/kept-calls.ts';
import { judgeCalls, windowOf } from '../limits/window.ts';

const RULE = RATE_LIMITS.codeValidation;
const WINDOW = windowOf(RULE);

/** Calls of one address whose verdict may change: those from `from` on, as far as `until`. */
type Stretch = { readonly ipHash: string; readonly from: Micros; readonly until: Micros };

type Row = {
  readonly event_id: string;
  readonly ip_hash: string;
  readonly micros: string;
  readonly outcome: string | null;
};

type Judged = { readonly eventId: string; readonly at: Micros; readonly outcome: string };

/**
 * Codes of the page that were looked up: so many a minute from one address are accepted, the earliest of them, whatever the
 * order of arrival (SPEC 2). One of an unknown code counts like any other: whoever guesses codes is who the limit is for.
 */
export async function applyValidations(client: Client): Promise<void> {
  const { rowCount } = await client.query(
    `INSERT INTO umpire.validations (event_id, at, code, ip_hash)
     SELECT event_id, at, content ->> 'code', content ->> 'ip_hash' FROM umpire_page WHERE type = 'code.validated'
     ON CONFLICT DO NOTHING`,
  );
  if (rowCount === 0) return;
  const { rows } = await client.query<{ ip_hash: string; first: string; last: string }>(
    `SELECT ip_hash, ${microsSql('min(at)')} AS first, ${microsSql('max(at)')} AS last FROM (
       SELECT content ->> 'ip_hash' AS ip_hash, at FROM umpire_page WHERE type = 'code.validated'
     ) AS p GROUP BY ip_hash`,
  );
  let open: readonly Stretch[] = rows.map(({ ip_hash: ipHash, first, last }) => {
    return { ipHash, from: Number(first), until: Number(last) + WINDOW };
  });
  const judged = new Map<string, readonly Judged[]>();
  while (open.length > 0) {
    const calls = await callsOf(client, open);
    const longer: Stretch[] = [];
    for (const stretch of open) {
      const changed = judgeStretch(stretch, calls.get(stretch.ipHash) ?? []);
      judged.set(stretch.ipHash, changed);
      // What changed at the end may change what comes after it. Twice as far each time, so that a long chain takes few rounds.
      const last = changed.reduce((latest, { at }) => Math.max(latest, at), stretch.from);
      if (last + WINDOW > stretch.until) {
        longer.push({ ...stretch, until: Math.max(last + WINDOW, 2 * stretch.until - stretch.from) });
      }
    }
    open = longer;
  }
  await record(client, [...judged.values()].flat());
}

/** The calls of each stretch in (at, id) order, with those of the window before it. */
async function callsOf(client: Client, stretches: readonly Stretch[]): Promise<ReadonlyMap<string, Row[]>> {
  const { rows } = await client.query<Row>(
    `SELECT v.event_id, v.ip_hash, ${microsSql('v.at')} AS micros, v.outcome
     FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS s (ip_hash, first, last)
     JOIN umpire.validations AS v ON v.ip_hash = s.ip_hash AND v.at > s.first AND v.at <= s.last
     ORDER BY v.ip_hash, v.at, v.event_id`,
    [
      stretches.map(({ ipHash }) => ipHash),
      stretches.map(({ from }) => isoOf(from - WINDOW)),
      stretches.map(({ until }) => isoOf(until)),
    ],
  );
  const calls = new Map<string, Row[]>();
  for (const row of rows) {
    const list = calls.get(row.ip_hash);
    if (list === undefined) calls.set(row.ip_hash, [row]);
    else list.push(row);
  }
  return calls;
}

function judgeStretch({ from }: Stretch, rows: readonly Row[]): Judged[] {
  const calls = rows.map(({ micros, outcome }) => {
    return { at: Number(micros), accepted: Number(micros) < from ? outcome === 'accepted' : null };
  });
  return judgeCalls(calls, RULE).flatMap((accepted, index) => {
    const row = rows[index];
    const outcome = accepted ? 'accepted' : 'rate_limited';
    if (row === undefined || row.outcome === outcome) return [];
    return [{ eventId: row.event_id, at: Number(row.micros), outcome }];
  });
}

async function record(client: Client, judged: readonly Judged[]): Promise<void> {
  const eventIds = judged.map(({ eventId }) => eventId);
  await client.query(
    `UPDATE umpire.validations AS v SET outcome = j.outcome FROM unnest($1::text[], $2::text[]) AS j (event_id, outcome)
     WHERE v.event_id = j.event_id`,
    [eventIds, judged.map(({ outcome }) => outcome)],
  );
  await keepValidations(client, eventIds);
}
