import { z } from 'zod';
import { dbCount, type Queryable, rows } from '../postgres/rows.ts';

/** Counting stops here: a carrier's address may have a million accounts, and more than this says nothing more. */
export const CROWD_LIMIT = 2000;

/**
 * A device or an address with more accounts than this connects nobody: an office, a campus or a carrier would make one ring of
 * all that ever went through it.
 */
export const MOST_CONNECTED = 50;

export type Crowds = {
  /** Accounts ever seen at each device, by its hash, at most `CROWD_LIMIT`. */
  readonly devices: ReadonlyMap<string, number>;
  readonly addresses: ReadonlyMap<string, number>;
};

const counted = z.object({ kind: z.enum(['device', 'address']), hash: z.string(), accounts: dbCount });

/** How many accounts there are at these devices and addresses in the whole database. */
export async function readCrowds(
  db: Queryable,
  devices: readonly string[],
  addresses: readonly string[],
): Promise<Crowds> {
  const counts = await rows(db, counted, `${crowdSql('device', '$1')} UNION ALL ${crowdSql('address', '$2')}`, [
    devices,
    addresses,
  ]);
  const of = (kind: 'device' | 'address'): Map<string, number> =>
    new Map(counts.filter((count) => count.kind === kind).map(({ hash, accounts }) => [hash, accounts]));
  return { devices: of('device'), addresses: of('address') };
}

function crowdSql(kind: 'device' | 'address', hashes: string): string {
  const column = kind === 'device' ? 'device_hash' : 'ip_hash';
  return `
    SELECT '${kind}' AS kind, h.hash, at.accounts FROM unnest(${hashes}::text[]) AS h (hash) CROSS JOIN LATERAL (
      SELECT count(DISTINCT seen.user_id) AS accounts FROM (
        SELECT x.user_id FROM referrals.fingerprints f
        JOIN referrals.user_fingerprints x ON x.fingerprint_id = f.id WHERE f.${column} = h.hash LIMIT ${CROWD_LIMIT}
      ) AS seen) AS at`;
}
