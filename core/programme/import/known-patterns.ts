import type { ArrivalPattern } from '../../engine/patterns/arrival.ts';
import type { Queryable } from '../../postgres/connection.ts';

/** The patterns that are matched while events arrive and that were there before them: they see everything. */
export async function knownPatterns(db: Queryable): Promise<ArrivalPattern[]> {
  const { rows } = await db.query<Omit<ArrivalPattern, 'from'>>(
    `SELECT p.id, p.pattern_type AS type, p.pattern_value AS value
     FROM referrals.fraud_patterns AS p JOIN umpire.pattern_keys AS k ON k.pattern_id = p.id AND k.kind = 'arrival' ORDER BY p.id`,
  );
  return rows.map((row) => ({ ...row, from: null }));
}
