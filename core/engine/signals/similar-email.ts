import type { Client } from '../../postgres/connection.ts';
import { isNear, letterMask, mayBeNear } from '../email/likeness.ts';
import type { Evidence, Fired, Signal } from '../signal.ts';

type Identity = {
  readonly userId: string;
  readonly local: string;
  readonly domain: string;
  readonly weak: boolean;
  readonly free: boolean;
  readonly mask: number;
};

/** A referee among those of one referrer, in (at, id) order. */
type Referee = Identity & { readonly relationshipId: string; readonly inBatch: boolean };

export const similarEmail: Signal = {
  name: 'similar_email',
  detect,
  describe: (evidence) => {
    const whose = evidence['other'] === 'referrer' ? 'the referrer’s' : 'an earlier referee’s';
    const how = evidence['kind'] === 'equal' ? 'is the same name as' : 'is nearly';
    if (evidence['erased'] === true) {
      return `The referee’s address ${evidence['kind'] === 'equal' ? 'had the same name as' : 'was nearly'} ${whose}; it was since erased`;
    }
    return `The referee’s address ${String(evidence['refereeLocal'])}@… ${how} ${whose} ${String(evidence['otherLocal'])}@…`;
  },
};

async function detect(client: Client): Promise<readonly Fired[]> {
  const fired: Fired[] = [];
  for (const { referrer, referees } of await families(client)) {
    referees.forEach((referee, index) => {
      if (!referee.inBatch) return;
      const evidence = against(referee, referrer, 'referrer') ?? amongEarlier(referee, referees, index);
      if (evidence !== null) fired.push({ relationshipId: referee.relationshipId, evidence });
    });
  }
  return fired;
}

function amongEarlier(referee: Referee, referees: readonly Referee[], index: number): Evidence | null {
  for (let earlier = 0; earlier < index; earlier += 1) {
    const other = referees[earlier];
    if (other === undefined || !mayBeNear(referee, other)) continue;
    const evidence = against(referee, other, 'referee');
    if (evidence !== null) return evidence;
  }
  return null;
}

function against(referee: Identity, other: Identity | null, role: 'referrer' | 'referee'): Evidence | null {
  if (other === null) return null;
  const kind = likeness(referee, other);
  if (kind === null) return null;
  return {
    other: role,
    otherId: other.userId,
    refereeId: referee.userId,
    kind,
    refereeLocal: referee.local,
    otherLocal: other.local,
  };
}

/** SPEC 3: short names and names of a role count only when equal on one non-free domain. */
function likeness(a: Identity, b: Identity): 'equal' | 'near' | null {
  if (a.weak || b.weak) return a.local === b.local && a.domain === b.domain && !a.free ? 'equal' : null;
  if (a.local === b.local) return 'equal';
  return isNear(a.local, b.local) ? 'near' : null;
}

type Row = {
  relationship_id: string | null;
  referrer_id: string;
  user_id: string;
  email_local: string | null;
  email_domain: string | null;
  email_weak: boolean;
  email_free: boolean;
  in_batch: boolean;
};

type Family = { referrer: Identity | null; referees: Referee[] };

/** For each referrer of the batch: who they are, and all their referees in (at, id) order. */
async function families(client: Client): Promise<readonly Family[]> {
  const { rows } = await client.query<Row>(
    `WITH referrers AS (SELECT DISTINCT referrer_id FROM umpire_batch)
     SELECT * FROM (
       SELECT NULL::uuid AS relationship_id, f.referrer_id, u.user_id, u.email_local, u.email_domain, u.email_weak, u.email_free,
         false AS in_batch, NULL::timestamptz AS at, '' COLLATE "C" AS event_id
       FROM referrers AS f JOIN umpire.users AS u ON u.user_id = f.referrer_id
       UNION ALL
       SELECT r.relationship_id, r.referrer_id, u.user_id, u.email_local, u.email_domain, u.email_weak, u.email_free,
         b.relationship_id IS NOT NULL, r.at, r.event_id
       FROM referrers AS f JOIN umpire.referrals AS r ON r.referrer_id = f.referrer_id
       JOIN umpire.users AS u ON u.user_id = r.referee_id
       LEFT JOIN umpire_batch AS b ON b.relationship_id = r.relationship_id
     ) AS member
     ORDER BY referrer_id, at NULLS FIRST, event_id`,
  );
  const byReferrer = new Map<string, Family>();
  for (const row of rows) {
    const family = byReferrer.get(row.referrer_id) ?? { referrer: null, referees: [] };
    byReferrer.set(row.referrer_id, family);
    if (row.email_local === null || row.email_domain === null) continue;
    const identity: Identity = {
      userId: row.user_id,
      local: row.email_local,
      domain: row.email_domain,
      weak: row.email_weak,
      free: row.email_free,
      mask: letterMask(row.email_local),
    };
    if (row.relationship_id === null) family.referrer = identity;
    else family.referees.push({ ...identity, relationshipId: row.relationship_id, inBatch: row.in_batch });
  }
  return [...byReferrer.values()];
}
