import type { Client } from '../../postgres/connection.ts';
import { type Micros, microsSql } from '../instant.ts';
import type { CodeHistory } from './code-history.ts';
import type { CodeAt, Places } from './judge.ts';

/** (at, id) of a registration, `at` as PostgreSQL writes it. */
export type Key = { readonly at: string; readonly eventId: string };

export type PlacesWanted = {
  readonly referees: readonly string[];
  readonly codes: readonly CodeHistory[];
  /** The first registration to be judged, and the time of the last. */
  readonly from: Key;
  readonly until: string;
};

/** Places that fill up while registrations are judged in order. */
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
export async function loadPlaces(client: Client, { referees, codes, from, until }: PlacesWanted): Promise<TakenPlaces> {
  const places = new TakenPlaces();
  const standing = `g.outcome = 'accepted' AND (g.is_settled OR (g.at, g.event_id) < ($1::timestamptz, $2))`;
  const limited = codes.filter(({ changes }) => changes.some(({ fields }) => (fields.maxUses ?? null) !== null));
  const uses = await client.query<{ code_id: string; uses: number }>(
    `SELECT g.code_id, count(*)::int AS uses FROM umpire.registrations AS g
     WHERE ${standing} AND g.code_id = ANY ($3::uuid[]) GROUP BY g.code_id`,
    [from.at, from.eventId, limited.map(({ codeId }) => codeId)],
  );
  for (const row of uses.rows) places.addUses(row.code_id, row.uses);

  const referred = await client.query<{ referee_id: string }>(
    `SELECT g.referee_id FROM umpire.registrations AS g WHERE ${standing} AND g.referee_id = ANY ($3)`,
    [from.at, from.eventId, [...new Set(referees)]],
  );
  for (const row of referred.rows) places.addReferee(row.referee_id);

  const times = await client.query<{ code_id: string; referrer_id: string; is_campaign: boolean; micros: string }>(
    `SELECT g.code_id, g.referrer_id, g.is_campaign, ${microsSql('g.at')} AS micros FROM umpire.registrations AS g
     WHERE ${standing} AND g.at > $1::timestamptz - interval '1 day' AND g.at < $5::timestamptz + interval '1 day' AND g.code_id = ANY ($3::uuid[])
     UNION ALL
     SELECT g.code_id, g.referrer_id, g.is_campaign, ${microsSql('g.at')} AS micros FROM umpire.registrations AS g
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
