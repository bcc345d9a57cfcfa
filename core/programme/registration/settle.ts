import type { Client } from '../../postgres/connection.ts';
import { type CodeType, CODE_TYPES } from '../../domain/vocabulary.ts';
import type { Micros } from '../instant.ts';
import { type CodeAt, judge, type Places, type Verdict } from './judge.ts';
import { type CodeHistory, codeAt } from './code-history.ts';
import { recordVerdicts, type Judged } from './record.ts';

const PAGE = 2000;

/** `at` of a row in microseconds, exactly. */
const MICROS = (column: string): string => `(extract(epoch FROM ${column}) * 1000000)::bigint::text`;

type Key = { readonly at: string; readonly eventId: string };

type Row = {
  readonly event_id: string;
  readonly at: string;
  readonly micros: string;
  readonly referee_id: string;
  readonly code: string;
  readonly outcome: string | null;
  readonly code_id: string | null;
  readonly referrer_id: string | null;
};

/**
 * Settles who is accepted, from the earliest registration that the page may have changed on: each is judged against the
 * accepted ones before it and those that stand because they were scored (SPEC 2). What was accepted and no longer is loses
 * its referral; nothing scored is ever touched.
 */
export async function settleRegistrations(client: Client, now: Date): Promise<void> {
  let from = await firstAffected(client);
  while (from !== null) from = await settlePage(client, from, now);
}

async function firstAffected(client: Client): Promise<Key | null> {
  const { rows } = await client.query<{ at: string; event_id: string }>(
    // Materialized: each part is few rows, and a walk along the order of all registrations would be long.
    `WITH own AS MATERIALIZED (
       SELECT g.at, g.event_id FROM umpire_page AS p JOIN umpire.registrations AS g ON g.event_id = p.event_id
       WHERE p.type = 'referral.registered' AND NOT g.is_settled
     ),
     through_code AS MATERIALIZED (
       SELECT g.at, g.event_id
       FROM (SELECT p.content ->> 'code' AS code, p.type, p.at, p.event_id FROM umpire_page AS p
             WHERE p.type IN ('code.created', 'code.updated')) AS p
       JOIN umpire.registrations AS g ON g.code = p.code
       WHERE NOT g.is_settled AND (p.type = 'code.created' OR (g.at, g.event_id) > (p.at, p.event_id))
     )
     SELECT at::text, event_id FROM (SELECT * FROM own UNION ALL SELECT * FROM through_code) AS affected
     ORDER BY affected.at, event_id LIMIT 1`,
  );
  const first = rows[0];
  return first === undefined ? null : { at: first.at, eventId: first.event_id };
}

/** Settles one page from `from` on, inclusive; returns where the next one begins. */
async function settlePage(client: Client, from: Key, now: Date): Promise<Key | null> {
  // Whoever scores one of these now finishes first; from then on it stands.
  await client.query(
    `WITH page AS MATERIALIZED (
       SELECT md5('relationship:' || event_id)::uuid AS relationship_id, outcome FROM umpire.registrations
       WHERE NOT is_settled AND (at, event_id) >= ($1::timestamptz, $2) ORDER BY at, event_id LIMIT ${PAGE}
     )
     SELECT 1 FROM umpire.dirty WHERE relationship_id IN (SELECT relationship_id FROM page WHERE outcome = 'accepted')
     ORDER BY relationship_id FOR UPDATE`,
    [from.at, from.eventId],
  );
  const { rows } = await client.query<Row>(
    `SELECT event_id, at::text, ${MICROS('at')} AS micros, referee_id, code, outcome, code_id, referrer_id
     FROM umpire.registrations WHERE NOT is_settled AND (at, event_id) >= ($1::timestamptz, $2)
     ORDER BY at, event_id LIMIT ${PAGE + 1}`,
    [from.at, from.eventId],
  );
  const page = rows.slice(0, PAGE);
  const next = rows[PAGE];
  const last = page.at(-1);
  if (last !== undefined) {
    const histories = await codeHistories(client, page);
    const places = await loadPlaces(client, page, histories, from, last.at);
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
        row.referrer_id !== (owner?.ownerId ?? null);
      if (changed)
        judged.push({ eventId: row.event_id, verdict, code: owner, wasAccepted: row.outcome === 'accepted' });
    }
    await recordVerdicts(client, judged, now);
  }
  return next === undefined ? null : { at: next.at, eventId: next.event_id };
}

async function codeHistories(client: Client, page: readonly Row[]): Promise<Map<string, CodeHistory>> {
  const codes = [...new Set(page.map(({ code }) => code))];
  const { rows } = await client.query<{ id: string; code: string; user_id: string; type: string }>(
    'SELECT id, code, user_id, type FROM referrals.codes WHERE code = ANY ($1)',
    [codes],
  );
  const events = await client.query<{
    event_id: string;
    micros: string;
    code: string;
    kind: string;
    user_id: string | null;
    fields: unknown;
  }>(
    `SELECT event_id, ${MICROS('at')} AS micros, code, kind, fields ->> 'user_id' AS user_id,
       CASE WHEN fields ? 'expires_at' AND fields ->> 'expires_at' IS NOT NULL
         THEN fields || jsonb_build_object('expires_at', ${MICROS(`(fields ->> 'expires_at')::timestamptz`)}) ELSE fields END AS fields
     FROM umpire.code_events WHERE code = ANY ($1) ORDER BY at, event_id`,
    [codes],
  );
  const histories = new Map<string, CodeHistory>();
  for (const { id, code, user_id: ownerId, type } of rows) {
    histories.set(code, { codeId: id, ownerId, type: codeType(type), changes: [] });
  }
  for (const { event_id: eventId, micros, code, kind, user_id: ownerId, fields } of events.rows) {
    const history = histories.get(code);
    // The attempts of others to make the same code say nothing about it.
    if (history === undefined || (kind === 'created' && ownerId !== history.ownerId)) continue;
    // Made again by its owner: the first time counts.
    if (kind === 'created' && history.changes.some(({ isCreation }) => isCreation)) continue;
    history.changes.push({ at: Number(micros), eventId, isCreation: kind === 'created', fields: codeFields(fields) });
  }
  return histories;
}

function codeType(type: string): CodeType {
  return CODE_TYPES.find((name) => name === type) ?? 'custom';
}

function codeFields(value: unknown): CodeHistory['changes'][number]['fields'] {
  if (typeof value !== 'object' || value === null) return {};
  return {
    ...('is_active' in value && typeof value.is_active === 'boolean' ? { isActive: value.is_active } : {}),
    ...('max_uses' in value ? { maxUses: value.max_uses === null ? null : Number(value.max_uses) } : {}),
    ...('expires_at' in value ? { expiresAt: value.expires_at === null ? null : Number(value.expires_at) } : {}),
  };
}

class TakenPlaces implements Places {
  readonly #uses = new Map<string, number>();
  readonly #referred = new Set<string>();
  readonly #codes = new Map<string, Micros[]>();
  readonly #referrers = new Map<string, Micros[]>();

  uses(codeId: string): number {
    return this.#uses.get(codeId) ?? 0;
  }
  isReferred(refereeId: string): boolean {
    return this.#referred.has(refereeId);
  }
  ofCode(codeId: string): readonly Micros[] {
    return this.#codes.get(codeId) ?? [];
  }
  ofReferrer(referrerId: string): readonly Micros[] {
    return this.#referrers.get(referrerId) ?? [];
  }

  take(attempt: { at: Micros; refereeId: string }, code: CodeAt): void {
    this.addUses(code.codeId, 1);
    this.addReferee(attempt.refereeId);
    this.addTime(code.codeId, code.ownerId, code.type === 'campaign', attempt.at);
  }
  addUses(codeId: string, uses: number): void {
    this.#uses.set(codeId, this.uses(codeId) + uses);
  }
  addReferee(refereeId: string): void {
    this.#referred.add(refereeId);
  }
  addTime(codeId: string, referrerId: string, isCampaign: boolean, at: Micros): void {
    push(this.#codes, codeId, at);
    if (!isCampaign) push(this.#referrers, referrerId, at);
  }
}

function push(times: Map<string, Micros[]>, key: string, at: Micros): void {
  const list = times.get(key);
  if (list === undefined) times.set(key, [at]);
  else list.push(at);
}

/** What accepted registrations outside the page hold: those before it, and those that stand. */
async function loadPlaces(
  client: Client,
  page: readonly Row[],
  histories: ReadonlyMap<string, CodeHistory>,
  from: Key,
  until: string,
): Promise<TakenPlaces> {
  const places = new TakenPlaces();
  const standing = `g.outcome = 'accepted' AND (g.is_settled OR (g.at, g.event_id) < ($1::timestamptz, $2))`;
  const codes = [...histories.values()];
  const limited = codes.filter(({ changes }) => changes.some(({ fields }) => (fields.maxUses ?? null) !== null));
  const uses = await client.query<{ code_id: string; uses: number }>(
    `SELECT g.code_id, count(*)::int AS uses FROM umpire.registrations AS g
     WHERE ${standing} AND g.code_id = ANY ($3::uuid[]) GROUP BY g.code_id`,
    [from.at, from.eventId, limited.map(({ codeId }) => codeId)],
  );
  for (const row of uses.rows) places.addUses(row.code_id, row.uses);

  const referees = await client.query<{ referee_id: string }>(
    `SELECT g.referee_id FROM umpire.registrations AS g WHERE ${standing} AND g.referee_id = ANY ($3)`,
    [from.at, from.eventId, [...new Set(page.map(({ referee_id: id }) => id))]],
  );
  for (const row of referees.rows) places.addReferee(row.referee_id);

  const times = await client.query<{ code_id: string; referrer_id: string; is_campaign: boolean; micros: string }>(
    `SELECT g.code_id, g.referrer_id, g.is_campaign, ${MICROS('g.at')} AS micros FROM umpire.registrations AS g
     WHERE ${standing} AND g.at > $1::timestamptz - interval '1 day' AND g.at < $5::timestamptz + interval '1 day' AND g.code_id = ANY ($3::uuid[])
     UNION ALL
     SELECT g.code_id, g.referrer_id, g.is_campaign, ${MICROS('g.at')} AS micros FROM umpire.registrations AS g
     WHERE ${standing} AND g.at > $1::timestamptz - interval '1 day' AND g.at < $5::timestamptz + interval '1 day'
       AND g.referrer_id = ANY ($4) AND NOT g.code_id = ANY ($3::uuid[])`,
    [
      from.at,
      from.eventId,
      codes.map(({ codeId }) => codeId),
      [...new Set(codes.map(({ ownerId }) => ownerId))],
      until,
    ],
  );
  for (const row of times.rows) places.addTime(row.code_id, row.referrer_id, row.is_campaign, Number(row.micros));
  return places;
}
