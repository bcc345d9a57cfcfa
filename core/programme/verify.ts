import type { Queryable } from '../postgres/connection.ts';
import { recordedMode } from '../postgres/mode.ts';
import { AUDIT_CHECKS } from './checks/audit.ts';
import { BONUS_CHECKS } from './checks/bonuses.ts';
import { BULK_CHECKS } from './checks/bulk.ts';
import type { Check } from './checks/check.ts';
import { DECISION_CHECKS } from './checks/decisions.ts';
import { LEDGER_CHECKS } from './checks/ledger.ts';
import { REFERRAL_CHECKS } from './checks/referrals.ts';
import { REVIEW_CHECKS } from './checks/review.ts';
import { STATISTICS_CHECKS } from './checks/statistics.ts';

export type Violation = { readonly check: string; readonly subject: string; readonly detail: string };

export const CHECKS: readonly Check[] = [
  ...LEDGER_CHECKS,
  ...BONUS_CHECKS,
  ...REFERRAL_CHECKS,
  ...REVIEW_CHECKS,
  ...DECISION_CHECKS,
  ...BULK_CHECKS,
  ...STATISTICS_CHECKS,
  ...AUDIT_CHECKS,
];

/** Checks every invariant that must hold in this database's mode; an empty answer means that all hold. */
export async function verify(db: Queryable): Promise<Violation[]> {
  const mode = await recordedMode(db);
  const hasLedger = await ledgerExists(db);
  const violations: Violation[] = [];
  for (const { name, modes, sql } of CHECKS) {
    if (mode === null || !modes.includes(mode)) continue;
    // A service may keep its credits elsewhere.
    if (!hasLedger && sql.includes('credits.')) continue;
    const { rows } = await db.query<{ subject: string; detail: string }>(`${sql} ORDER BY 1`);
    violations.push(...rows.map(({ subject, detail }) => ({ check: name, subject, detail })));
  }
  return violations;
}

async function ledgerExists(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ there: boolean }>(
    `SELECT to_regclass('credits.transactions') IS NOT NULL AS there`,
  );
  return rows[0]?.there === true;
}
