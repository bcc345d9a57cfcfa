import { RATE_LIMITS } from '../../domain/constants.ts';
import { shortName } from '../../domain/short-name.ts';
import type { CodeType } from '../../domain/vocabulary.ts';
import { canonicalAddress } from '../../engine/address.ts';
import type { Client } from '../../postgres/connection.ts';
import { codeText } from '../events.ts';
import type { Live } from './apply.ts';
import { UmpireError } from './errors.ts';

export type LookUp = {
  /** As typed: case and surrounding blanks do not matter. */
  readonly code: string;
  /** Of whoever asks; kept as a keyed hash only. */
  readonly ip: string;
};

export type LookUpAnswer =
  | {
      readonly outcome: 'found';
      readonly code: string;
      readonly type: CodeType;
      /** "Till S."; null where the account has no name that can be shown. */
      readonly referrer: string | null;
      readonly sourceAppId: string | null;
    }
  /** No such code, or none that can be used now. */
  | { readonly outcome: 'not_found' }
  /** Too many from this address; from then on there is room for another. */
  | { readonly outcome: 'rate_limited'; readonly retryAt: Date };

const RULE = RATE_LIMITS.codeValidation;

/** Tells a stranger whether a code can be used, and whose it is, shortened. Counts against the limit whatever the answer. */
export async function lookUpCode(client: Client, live: Live, { code, ip }: LookUp): Promise<LookUpAnswer> {
  const address = canonicalAddress(ip);
  if (address === null) throw new UmpireError('bad_call', 'ip: not an IP address');
  const now = live.clock();
  const { rows } = await client.query<{ millis: string | null }>(
    `SELECT extract(epoch FROM umpire.count_call($1, 'ip', 'code_validation', $2, make_interval(mins => $3), $4)) * 1000 AS millis`,
    [live.key.hash(address.text), RULE.limit, RULE.windowMinutes, now],
  );
  const retryAt = rows[0]?.millis ?? null;
  if (retryAt !== null) return { outcome: 'rate_limited', retryAt: new Date(Math.ceil(Number(retryAt))) };
  const typed = codeText.safeParse(code);
  return typed.success ? find(client, typed.data, now) : { outcome: 'not_found' };
}

async function find(client: Client, code: string, now: Date | null): Promise<LookUpAnswer> {
  const { rows } = await client.query<{ type: CodeType; name: string; source_app_id: string | null }>(
    `SELECT c.type, u.name, c.source_app_id FROM referrals.codes AS c JOIN auth.users AS u ON u.id = c.user_id
     WHERE c.code = $1 AND c.is_active AND u.deleted_at IS NULL
       AND (c.expires_at IS NULL OR c.expires_at > coalesce($2::timestamptz, clock_timestamp()))
       AND (c.max_uses IS NULL OR c.uses_count < c.max_uses)`,
    [code, now],
  );
  const found = rows[0];
  if (found === undefined) return { outcome: 'not_found' };
  return {
    outcome: 'found',
    code,
    type: found.type,
    referrer: shortName(found.name),
    sourceAppId: found.source_app_id,
  };
}
