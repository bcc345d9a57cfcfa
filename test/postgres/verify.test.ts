import { randomUUID } from 'node:crypto';
import type { PoolClient } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decide, type DecisionCall } from '../../core/review/decide.ts';
import { undo } from '../../core/review/undo.ts';
import { score } from '../../core/engine/score.ts';
import { advanceStages } from '../../core/programme/jobs/advance-stages.ts';
import { releaseHolds } from '../../core/programme/jobs/release-holds.ts';
import { refreshStaleDays } from '../../core/programme/statistics.ts';
import { CHECKS, verify } from '../../core/programme/verify.ts';
import { type MigratedDatabase, migratedDatabase } from '../support/migrated.ts';
import { Story, type StoryEvent, tell, tellDemo } from '../support/story.ts';

const NOW = new Date('2026-03-01T20:00:00Z');

let db: MigratedDatabase;

/**
 * A demo programme in which something of everything happened: paid, held, released, retained, approved, rejected, escalated, limited;
 * decisions taken back, waiting for a second analyst, withdrawn, agreed and disagreed upon, objected to.
 */
beforeAll(async () => {
  db = await migratedDatabase();
  await tellDemo(db.pool, 600, NOW);
  await tell(db.pool, limited(), NOW);
  const { rows } = await db.pool.query<{ id: string }>('SELECT id FROM referrals.review_queue ORDER BY id LIMIT 30');
  const decisions = [
    { decision: 'approve', reason: 'household' },
    { decision: 'reject', reason: 'account_farm' },
    { decision: 'escalate', reason: 'needs_lead' },
  ] as const;
  const call = (index: number, which: number): DecisionCall => ({
    decisionId: randomUUID(),
    itemId: rows[index]?.id ?? '',
    ...(decisions[which] ?? decisions[0]),
    note: 'a note',
  });
  const first = Array.from({ length: 15 }, (_, index) => call(index, index % 3));
  await decide(db.pool, first, { now: NOW });
  const takeBack = (calls: readonly DecisionCall[], onBehalfOf?: string) =>
    undo(
      db.pool,
      calls.map(({ decisionId }) => ({ undoId: randomUUID(), decisionId })),
      { now: NOW, onBehalfOf },
    );
  await takeBack(first.slice(0, 3));
  await db.pool.query('UPDATE umpire.review_settings SET second_review_above = 0');
  const proposed = [call(16, 0), call(17, 0), call(18, 0), call(19, 1), call(20, 1)];
  await decide(db.pool, proposed, { now: NOW, onBehalfOf: 'ana' });
  await decide(db.pool, [call(18, 1), call(19, 1), call(20, 2)], { now: NOW, onBehalfOf: 'ben' });
  await takeBack(proposed.slice(1, 2), 'ana');
  await objectTo(first[4]?.itemId ?? '', ['ana', 'ben']);
  const { rows: states } = await db.pool.query<{ proposal: string }>('SELECT DISTINCT proposal FROM umpire.decisions');
  if (states.length !== 6) throw new Error(`not every kind of proposal is there: ${JSON.stringify(states)}`);
  // What was taken back is settled anew.
  await score(db.pool, { now: NOW });
  await advanceStages(db.pool, NOW);
  await releaseHolds(db.pool, NOW);
  await refreshStaleDays(db.pool);
});
afterAll(() => db.end());

/** An objection of each, of which the first is settled. */
async function objectTo(itemId: string, whose: readonly string[]): Promise<void> {
  const [settled] = await Promise.all(
    whose.map(async (who) => {
      const objectionId = randomUUID();
      const call = { objectionId, itemId, decision: 'approve', reason: 'household' };
      const { rows } = await db.pool.query<{ answer: { outcome: string } }>(
        'SELECT umpire.object_items($1, $2, $3) AS answer',
        [JSON.stringify([call]), who, NOW],
      );
      if (rows[0]?.answer.outcome !== 'applied') throw new Error(`not objected: ${JSON.stringify(rows[0])}`);
      return objectionId;
    }),
  );
  await db.pool.query('SELECT umpire.settle_objection($1, $2)', [settled, NOW]);
}

/** A hundred and twelve bonuses of one referrer within a day: twelve of them wait for their time. */
function limited(): StoryEvent[] {
  const story = new Story()
    .user('2025-01-01T10:00:00Z', 'busy', 'Bus Y', 'busy@first.example')
    .code('2025-01-02T10:00:00Z', 'busy', 'BUSY-DAY');
  for (let index = 0; index < 8; index += 1) {
    const name = `busyreferee${String.fromCodePoint(97 + index)}`;
    const hour = String(2 * index).padStart(2, '0');
    story
      .user('2026-02-27T10:00:00Z', name, name, `${String.fromCodePoint(97 + index).repeat(9)}@${name}.example`)
      .registered(`2026-03-01T${hour}:00:00Z`, name, 'BUSY-DAY', `198.51.100.${index}`);
    for (const app of 'picture presi mail manadeck todo calendar contacts finance clock zitare storage moodlit'.split(
      ' ',
    )) {
      story.used(`2026-03-01T${hour}:30:00Z`, name, app);
    }
  }
  return story.events.map((event) => ({ ...event, id: `busy-${event.id}` }));
}

/** One bonus, one referral … of a kind, for a corruption to fall on. */
const A_PAID = `(SELECT id FROM referrals.bonus_events WHERE status = 'paid' AND event_type = 'qualified' ORDER BY id LIMIT 1)`;
const A_HELD = `(SELECT id FROM referrals.bonus_events WHERE status = 'held' AND hold_reason = 'fraud_high' AND event_type = 'registered' ORDER BY id LIMIT 1)`;
const A_MEDIUM = `(SELECT id FROM referrals.bonus_events WHERE hold_reason = 'fraud_medium' ORDER BY id LIMIT 1)`;
const A_QUALIFIED = `(SELECT r.id FROM referrals.relationships AS r WHERE r.status = 'qualified' AND r.qualified_at > r.activated_at + interval '1 day' ORDER BY r.id LIMIT 1)`;
const A_LOW = `(SELECT relationship_id FROM umpire.scores WHERE held_band = 'low' ORDER BY relationship_id LIMIT 1)`;
const A_BLOCKED = `(SELECT s.relationship_id FROM umpire.scores AS s WHERE s.held_band = 'critical' AND s.approved_band IS NULL
  AND EXISTS (SELECT 1 FROM referrals.bonus_events AS b WHERE b.relationship_id = s.relationship_id AND b.status = 'held') ORDER BY 1 LIMIT 1)`;
const AN_OPEN = `(SELECT id FROM referrals.review_queue WHERE status = 'pending' ORDER BY id LIMIT 1)`;
const A_TIER = `(SELECT user_id FROM referrals.user_tiers WHERE qualified_count > 0 ORDER BY user_id LIMIT 1)`;
const A_LEDGER_ROW = `(SELECT id FROM credits.transactions WHERE idempotency_key LIKE 'bonus:%' ORDER BY id LIMIT 1)`;
const AN_APPLIED = `(SELECT decision_id FROM umpire.decisions WHERE decision = 'reject' AND outcome ->> 'outcome' = 'applied' AND undone_by IS NULL ORDER BY 1 LIMIT 1)`;
const AN_UNDONE = `(SELECT decision_id FROM umpire.decisions WHERE decision = 'escalate' AND undone_by IS NOT NULL ORDER BY 1 LIMIT 1)`;
const AN_EVENT_ROW = `(SELECT id FROM credits.transactions WHERE idempotency_key LIKE 'event:%' AND type = 'usage' ORDER BY id LIMIT 1)`;
const A_CROSS_APP = `(SELECT id FROM referrals.cross_app_activations WHERE bonus_paid ORDER BY id LIMIT 1)`;
const A_FINGERPRINT = `(SELECT id FROM referrals.fingerprints WHERE registration_count > 0 ORDER BY id LIMIT 1)`;
const A_CODE = `(SELECT id FROM referrals.codes WHERE uses_count > 1 ORDER BY id LIMIT 1)`;

/** A bulk session of one item that is told to be settled. */
const A_BULK_SESSION = `INSERT INTO umpire.bulk_sessions (session_id, state, started_by, actor, created_at, chosen_by, asked, items, settled, touched_at)
  VALUES (gen_random_uuid(), 'done', 'ana', 'ana', now(), 'by hand', '', 1, 1, now())`;

/** What was done to the data, by whom nobody knows, and the checks that must notice. More may notice too. */
const CORRUPTIONS: readonly { readonly what: string; readonly sql: string; readonly noticed: readonly string[] }[] = [
  {
    what: 'a bulk session loses its items',
    sql: A_BULK_SESSION,
    noticed: ['bulk_session'],
  },
  {
    what: 'a bulk session tells another outcome than the decision has',
    sql: `WITH s AS (${A_BULK_SESSION} RETURNING session_id)
      INSERT INTO umpire.bulk_items (session_id, position, item_id, decision_id, outcome, paid, rejected, reversed)
      SELECT s.session_id, 0, d.item_id, d.decision_id, 'awaiting_second', 0, 0, 0
      FROM s CROSS JOIN (SELECT * FROM umpire.decisions WHERE outcome ->> 'outcome' = 'applied' LIMIT 1) AS d`,
    noticed: ['bulk_item'],
  },
  {
    what: 'credits appear in a balance',
    sql: `UPDATE credits.balances SET balance = balance + 1 WHERE user_id = 'busy'`,
    noticed: ['ledger_sum'],
  },
  {
    what: 'free credits appear',
    sql: `UPDATE credits.balances SET free_credits_remaining = 5 WHERE user_id = 'busy'`,
    noticed: ['ledger_sum'],
  },
  {
    what: 'a ledger row is deleted',
    sql: `DELETE FROM credits.transactions WHERE id = ${A_LEDGER_ROW}`,
    noticed: ['ledger_sum', 'bonus_paid', 'ledger_totals'],
  },
  {
    what: 'a ledger row gets another amount',
    sql: `UPDATE credits.transactions SET amount = amount + 1, balance_after = balance_after + 1 WHERE id = ${A_LEDGER_ROW}`,
    noticed: ['ledger_sum', 'bonus_paid'],
  },
  {
    what: 'a ledger row is no longer completed',
    sql: `UPDATE credits.transactions SET status = 'cancelled' WHERE id = ${A_LEDGER_ROW}`,
    noticed: ['ledger_sum', 'bonus_paid'],
  },
  {
    what: 'a ledger row is booked twice, and the balance with it',
    sql: `
      WITH twice AS (
        INSERT INTO credits.transactions (user_id, type, status, amount, balance_before, balance_after, app_id, description, idempotency_key)
        SELECT user_id, type, status, amount, balance_before, balance_after, app_id, description, idempotency_key || ':again'
        FROM credits.transactions WHERE id = ${A_LEDGER_ROW} RETURNING user_id, amount
      )
      UPDATE credits.balances AS b SET balance = b.balance + t.amount, total_earned = b.total_earned + t.amount FROM twice AS t WHERE b.user_id = t.user_id`,
    noticed: ['bonus_paid'],
  },
  {
    what: 'credits are given by a row without a key',
    sql: `
      WITH given AS (
        INSERT INTO credits.transactions (user_id, type, status, amount, balance_before, balance_after, app_id, description)
        VALUES ('busy', 'bonus', 'completed', 100, 0, 100, 'x', 'x') RETURNING user_id, amount
      )
      UPDATE credits.balances AS b SET balance = b.balance + g.amount, total_earned = b.total_earned + g.amount FROM given AS g WHERE b.user_id = g.user_id`,
    noticed: ['ledger_key'],
  },
  {
    what: 'credits are given by a row with an invented event',
    sql: `
      WITH given AS (
        INSERT INTO credits.transactions (user_id, type, status, amount, balance_before, balance_after, app_id, description, idempotency_key)
        VALUES ('busy', 'purchase', 'completed', 100, 0, 100, 'x', 'x', 'event:never') RETURNING user_id, amount
      )
      UPDATE credits.balances AS b SET balance = b.balance + g.amount, total_earned = b.total_earned + g.amount FROM given AS g WHERE b.user_id = g.user_id`,
    noticed: ['ledger_unfounded'],
  },
  {
    what: 'the usage of a user vanishes from the ledger and the balance',
    sql: `
      WITH gone AS (DELETE FROM credits.transactions WHERE id = ${AN_EVENT_ROW} RETURNING user_id, amount)
      UPDATE credits.balances AS b SET balance = b.balance - g.amount, total_spent = b.total_spent + g.amount FROM gone AS g WHERE b.user_id = g.user_id`,
    noticed: ['ledger_facts'],
  },
  {
    what: 'a balance is deleted',
    sql: `DELETE FROM credits.balances WHERE user_id = 'busy'`,
    noticed: ['ledger_without_balance'],
  },
  {
    what: 'a row does not lead from the balance before to the balance after',
    sql: `UPDATE credits.transactions SET balance_after = balance_after + 1 WHERE id = ${A_LEDGER_ROW}`,
    noticed: ['ledger_row'],
  },
  {
    what: 'the sum of what was earned is changed',
    sql: `UPDATE credits.balances SET total_earned = total_earned + 1 WHERE user_id = 'busy'`,
    noticed: ['ledger_totals'],
  },
  {
    what: 'a bonus is there twice',
    sql: `
      INSERT INTO referrals.bonus_events (relationship_id, user_id, event_type, app_id, credits_base, tier_multiplier, credits_final, tier_at_time, status)
      SELECT relationship_id, user_id, event_type, app_id, credits_base, tier_multiplier, credits_final, tier_at_time, 'rejected'
      FROM referrals.bonus_events WHERE id = ${A_PAID}`,
    noticed: ['bonus_key'],
  },
  {
    what: 'a held bonus is marked as paid',
    sql: `UPDATE referrals.bonus_events SET status = 'paid', hold_reason = NULL, released_at = now(), transaction_id = gen_random_uuid() WHERE id = ${A_HELD}`,
    noticed: ['bonus_paid', 'money_log', 'earned'],
  },
  {
    what: 'a paid bonus is marked as rejected',
    sql: `UPDATE referrals.bonus_events SET status = 'rejected' WHERE id = ${A_PAID}`,
    noticed: ['bonus_paid', 'money_log', 'earned'],
  },
  {
    what: 'a hold loses its reason',
    sql: `UPDATE referrals.bonus_events SET hold_reason = NULL WHERE id = ${A_HELD}`,
    noticed: ['bonus_hold'],
  },
  {
    what: 'a hold has an invented reason',
    sql: `UPDATE referrals.bonus_events SET hold_reason = 'because' WHERE id = ${A_HELD}`,
    noticed: ['bonus_hold'],
  },
  {
    what: 'an unpaid bonus is worth more',
    sql: `UPDATE referrals.bonus_events SET credits_final = 500 WHERE id = ${A_HELD}`,
    noticed: ['bonus_amount'],
  },
  {
    what: 'an unpaid bonus has another tier',
    sql: `UPDATE referrals.bonus_events SET tier_at_time = 'platinum', tier_multiplier = 3, credits_final = credits_base * 3 WHERE id = (
      SELECT b.id FROM referrals.bonus_events AS b JOIN referrals.relationships AS r ON r.id = b.relationship_id AND r.referrer_id = b.user_id WHERE b.status = 'held' LIMIT 1)`,
    noticed: ['bonus_tier'],
  },
  {
    what: 'a bonus is deleted',
    sql: `DELETE FROM referrals.bonus_events WHERE id = ${A_HELD}`,
    noticed: ['bonus_missing'],
  },
  {
    what: 'an unpaid bonus is for another time',
    sql: `UPDATE umpire.bonuses SET at = at - interval '1 hour' WHERE bonus_id = ${A_HELD}`,
    noticed: ['bonus_place'],
  },
  {
    what: 'a bonus is invented',
    sql: `
      INSERT INTO referrals.bonus_events (relationship_id, user_id, event_type, credits_base, credits_final, tier_at_time, status)
      SELECT id, referrer_id, 'retained', 15, 15, 'bronze', 'rejected' FROM referrals.relationships WHERE id = ${A_QUALIFIED}`,
    noticed: ['bonus_unearned'],
  },
  {
    what: 'a medium hold never ends',
    sql: `UPDATE referrals.bonus_events SET hold_until = NULL WHERE id = ${A_MEDIUM}`,
    noticed: ['bonus_times'],
  },
  {
    what: 'a paid bonus has no ledger row of its own',
    sql: `UPDATE referrals.bonus_events SET transaction_id = NULL WHERE id = ${A_PAID}`,
    noticed: ['bonus_times'],
  },
  {
    what: 'a hold of the queue becomes one that runs out',
    sql: `UPDATE referrals.bonus_events SET hold_reason = 'fraud_medium', hold_until = now() WHERE id = ${A_HELD}`,
    noticed: ['bonus_band'],
  },
  {
    what: 'a bonus is pending again',
    sql: `UPDATE referrals.bonus_events SET status = 'pending', hold_reason = NULL WHERE id = ${A_HELD}`,
    noticed: ['bonus_band'],
  },
  {
    what: 'a claim is let through early',
    sql: `UPDATE referrals.bonus_events SET hold_until = hold_until - interval '1 hour' WHERE hold_reason = 'rate_limited'`,
    noticed: ['claim'],
  },
  {
    what: 'what a user earned is changed',
    sql: `UPDATE referrals.user_tiers SET total_earned = total_earned + 1 WHERE user_id = ${A_TIER}`,
    noticed: ['earned'],
  },
  {
    what: 'an activation of another app says it was not paid',
    sql: `UPDATE referrals.cross_app_activations SET bonus_paid = false WHERE id = ${A_CROSS_APP}`,
    noticed: ['cross_app'],
  },
  {
    what: 'an activation of another app has another time',
    sql: `UPDATE referrals.cross_app_activations SET activated_at = activated_at + interval '1 day' WHERE id = ${A_CROSS_APP}`,
    noticed: ['cross_app_facts'],
  },
  {
    what: 'a payment is missing from the log',
    sql: `DELETE FROM umpire.money_log WHERE bonus_id = ${A_PAID}`,
    noticed: ['money_log'],
  },
  {
    what: 'a hold is missing from the log',
    sql: `DELETE FROM umpire.money_log WHERE bonus_id = ${A_HELD}`,
    noticed: ['money_log_held'],
  },
  {
    what: 'an accepted registration is marked as refused',
    sql: `UPDATE umpire.registrations SET outcome = 'code_expired' WHERE event_id = (SELECT event_id FROM umpire.referrals ORDER BY 1 LIMIT 1)`,
    noticed: ['registration'],
  },
  {
    what: 'a refused registration is marked as accepted',
    sql: `UPDATE umpire.registrations SET outcome = 'accepted' WHERE event_id = (SELECT event_id FROM umpire.registrations WHERE outcome <> 'accepted' ORDER BY 1 LIMIT 1)`,
    noticed: ['registration'],
  },
  {
    what: 'a referral of oneself',
    sql: `UPDATE referrals.relationships SET referrer_id = referee_id WHERE id = ${A_QUALIFIED}`,
    noticed: ['self_referral'],
  },
  {
    what: 'too many registrations through a code',
    sql: `
      UPDATE umpire.registrations SET code_id = (SELECT id FROM referrals.codes ORDER BY id LIMIT 1), code = (SELECT code FROM referrals.codes ORDER BY id LIMIT 1), at = '2026-02-01' WHERE outcome = 'accepted'`,
    noticed: ['limit_code', 'limit_referrer'],
  },
  {
    what: 'too many registrations of a referrer',
    sql: `UPDATE umpire.registrations SET at = '2026-02-01', referrer_id = 'busy' WHERE event_id IN (SELECT event_id FROM umpire.registrations WHERE outcome = 'accepted' AND NOT is_campaign LIMIT 21)`,
    noticed: ['limit_referrer'],
  },
  {
    what: 'a code counts other uses',
    sql: `UPDATE referrals.codes SET uses_count = uses_count + 1 WHERE id = ${A_CODE}`,
    noticed: ['uses'],
  },
  {
    what: 'a code is used more often than it may be',
    sql: `UPDATE referrals.codes SET max_uses = 1 WHERE id = ${A_CODE}`,
    noticed: ['max_uses'],
  },
  {
    what: 'a stage goes back',
    sql: `UPDATE referrals.relationships SET status = 'registered' WHERE id = ${A_QUALIFIED}`,
    noticed: ['stage'],
  },
  {
    what: 'stages stand in another order',
    sql: `UPDATE referrals.relationships SET activated_at = qualified_at + interval '1 hour' WHERE id = ${A_QUALIFIED}`,
    noticed: ['stage', 'stage_facts'],
  },
  {
    what: 'a qualification has another time',
    sql: `UPDATE referrals.relationships SET qualified_at = qualified_at - interval '1 hour' WHERE id = ${A_QUALIFIED}`,
    noticed: ['stage_facts'],
  },
  {
    what: 'a tier is raised',
    sql: `UPDATE referrals.user_tiers SET tier = 'platinum' WHERE user_id = ${A_TIER}`,
    noticed: ['tier'],
  },
  {
    what: 'a tier counts more than there are',
    sql: `UPDATE referrals.user_tiers SET qualified_count = qualified_count + 1 WHERE user_id = ${A_TIER}`,
    noticed: ['tier'],
  },
  {
    what: 'a tier is deleted',
    sql: `DELETE FROM referrals.user_tiers WHERE user_id = ${A_TIER}`,
    noticed: ['tier_missing'],
  },
  {
    what: 'a fingerprint counts fewer registrations',
    sql: `UPDATE referrals.fingerprints SET registration_count = 0 WHERE id = ${A_FINGERPRINT}`,
    noticed: ['fingerprint'],
  },
  {
    what: 'a fingerprint counts a rejection that was not',
    sql: `UPDATE referrals.fingerprints SET flagged_count = flagged_count + 1 WHERE id = ${A_FINGERPRINT}`,
    noticed: ['fingerprint'],
  },
  {
    what: 'a user is no longer linked to a fingerprint',
    sql: `DELETE FROM referrals.user_fingerprints WHERE fingerprint_id = ${A_FINGERPRINT}`,
    noticed: ['fingerprint_link'],
  },
  {
    what: 'an address is stored as it is',
    sql: `UPDATE referrals.fingerprints SET ip_hash = '192.0.2.1' WHERE id = ${A_FINGERPRINT}`,
    noticed: ['hash'],
  },
  {
    what: 'a score is lowered',
    sql: `UPDATE referrals.relationships SET fraud_score = 0 WHERE id = ${A_BLOCKED}`,
    noticed: ['score'],
  },
  {
    what: 'a signal is taken from a referral',
    sql: `UPDATE referrals.relationships SET fraud_signals = '[]' WHERE id = ${A_BLOCKED}`,
    noticed: ['score'],
  },
  {
    what: 'evidence is deleted',
    sql: `DELETE FROM umpire.evidence WHERE relationship_id = ${A_BLOCKED}`,
    noticed: ['score'],
  },
  {
    what: 'a score is deleted',
    sql: `DELETE FROM umpire.scores WHERE relationship_id = ${A_LOW}`,
    noticed: ['unscored'],
  },
  {
    what: 'a flag is taken off',
    sql: `UPDATE referrals.relationships SET is_flagged = false WHERE id = ${A_BLOCKED}`,
    noticed: ['flag'],
  },
  {
    what: 'a clean referral is flagged',
    sql: `UPDATE referrals.relationships SET is_flagged = true WHERE id = ${A_LOW}`,
    noticed: ['flag'],
  },
  {
    what: 'a bonus of a blocked referral is paid',
    sql: `UPDATE referrals.bonus_events SET status = 'paid', hold_reason = NULL, released_at = now() WHERE relationship_id = ${A_BLOCKED} AND status = 'held'`,
    noticed: ['paid_while_blocked'],
  },
  { what: 'an item is deleted', sql: `DELETE FROM referrals.review_queue WHERE id = ${AN_OPEN}`, noticed: ['queue'] },
  {
    what: 'an item is there twice',
    sql: `INSERT INTO referrals.review_queue (relationship_id, fraud_score, fraud_signals, priority) SELECT relationship_id, fraud_score, fraud_signals, priority FROM referrals.review_queue WHERE id = ${AN_OPEN}`,
    noticed: ['open_items', 'item_version'],
  },
  {
    what: 'an item shows another score',
    sql: `UPDATE referrals.review_queue SET fraud_score = 1 WHERE id = ${AN_OPEN}`,
    noticed: ['item'],
  },
  {
    what: 'an item has a lower priority',
    sql: `UPDATE referrals.review_queue SET priority = 'low' WHERE id = ${AN_OPEN}`,
    noticed: ['item'],
  },
  {
    what: 'the version of an item is deleted',
    sql: `DELETE FROM umpire.items WHERE item_id = ${AN_OPEN}`,
    noticed: ['item_version'],
  },
  {
    what: 'an item is approved that nobody decided',
    sql: `UPDATE referrals.review_queue SET status = 'approved' WHERE id = ${AN_OPEN}`,
    noticed: ['decision'],
  },
  {
    what: 'a rejected item is approved',
    sql: `UPDATE referrals.review_queue SET status = 'approved' WHERE status = 'rejected'`,
    noticed: ['decision', 'rejected'],
  },
  {
    what: 'a decision is deleted',
    sql: `DELETE FROM umpire.decisions WHERE decision_id = ${AN_APPLIED}`,
    noticed: ['decision'],
  },
  {
    what: 'a decision that was taken back says that it was not',
    sql: `UPDATE umpire.decisions SET undone_by = NULL WHERE decision_id = ${AN_UNDONE}`,
    noticed: ['decision', 'undone'],
  },
  {
    what: 'a decision says that it was taken back',
    sql: `UPDATE umpire.decisions SET undone_by = gen_random_uuid() WHERE decision_id = ${AN_APPLIED}`,
    noticed: ['decision', 'undone'],
  },
  {
    what: 'an undo is of another decision',
    sql: `UPDATE umpire.decisions SET undoes = ${AN_APPLIED} WHERE decision_id = (SELECT undone_by FROM umpire.decisions WHERE decision_id = ${AN_UNDONE})`,
    noticed: ['undone'],
  },
  {
    what: 'a decision waits no longer, and its holds do',
    sql: `UPDATE umpire.decisions SET proposal = 'returned' WHERE proposal = 'open'`,
    noticed: ['proposal'],
  },
  {
    what: 'a decision that was agreed upon waits again',
    sql: `UPDATE umpire.decisions SET proposal = 'open', closed_by = NULL WHERE proposal = 'agreed'`,
    noticed: ['proposal'],
  },
  {
    what: 'a disagreement becomes an agreement',
    sql: `UPDATE umpire.decisions SET proposal = 'agreed' WHERE proposal = 'disagreed'`,
    noticed: ['proposal', 'decision'],
  },
  {
    what: 'a hold waits for a second analyst, and nobody for one',
    sql: `UPDATE referrals.bonus_events SET hold_reason = 'second_review' WHERE id = ${A_HELD}`,
    noticed: ['proposal'],
  },
  {
    what: 'a decision says that it moved more',
    sql: `UPDATE umpire.decisions SET outcome = outcome || '{"rejected": 1000}' WHERE decision_id = ${AN_APPLIED}`,
    noticed: ['decision_effect'],
  },
  {
    what: 'an effect of a decision is worth more',
    sql: `UPDATE umpire.decisions SET effects = jsonb_set(effects, '{0,credits}', '9999') WHERE decision_id = ${AN_APPLIED}`,
    noticed: ['decision_effect'],
  },
  {
    what: 'the effects of a decision are deleted',
    sql: `UPDATE umpire.decisions SET effects = NULL WHERE decision_id = ${AN_APPLIED}`,
    noticed: ['decision_effect'],
  },
  {
    what: 'a note is rewritten',
    sql: `UPDATE umpire.decisions SET note = 'another' WHERE decision_id = ${AN_APPLIED}`,
    noticed: ['decision_note'],
  },
  {
    what: 'what was known is rewritten',
    sql: `UPDATE umpire.known_evidence SET signals = '[]' WHERE digest = (SELECT evidence_digest FROM umpire.decisions WHERE decision_id = ${AN_APPLIED})`,
    noticed: ['known_evidence'],
  },
  {
    what: 'what was known is deleted',
    sql: `DELETE FROM umpire.known_evidence`,
    noticed: ['known_evidence'],
  },
  {
    what: 'a code is somebody else’s',
    sql: `UPDATE referrals.codes SET user_id = 'busy' WHERE id = ${A_CODE}`,
    noticed: ['code'],
  },
  {
    what: 'a medium hold lasts longer',
    sql: `UPDATE referrals.bonus_events SET hold_until = hold_until + interval '9 days' WHERE id = ${A_MEDIUM}`,
    noticed: ['bonus_hold_time'],
  },
  {
    what: 'a payment is dated back, out of the time in which it can be taken back',
    sql: `UPDATE referrals.bonus_events SET released_at = released_at - interval '90 days' WHERE id = ${A_PAID}`,
    noticed: ['bonus_released'],
  },
  {
    what: 'a code is switched off',
    sql: `UPDATE referrals.codes SET is_active = NOT is_active WHERE id = ${A_CODE}`,
    noticed: ['code_state'],
  },
  {
    what: 'a code expires',
    sql: `UPDATE referrals.codes SET expires_at = now() WHERE id = ${A_CODE}`,
    noticed: ['code_state'],
  },
  {
    what: 'a fingerprint was seen less long',
    sql: `UPDATE referrals.fingerprints SET last_seen_at = last_seen_at - interval '1 day' WHERE id = ${A_FINGERPRINT}`,
    noticed: ['fingerprint_seen'],
  },
  {
    what: 'a pattern has no points',
    sql: `INSERT INTO referrals.fraud_patterns (pattern_type, pattern_value, score_impact) VALUES ('email_domain', 'x.example', 0)`,
    noticed: ['pattern'],
  },
  {
    what: 'a day counts other payments',
    sql: `UPDATE referrals.daily_stats SET credits_paid = credits_paid + 1 WHERE date = '2026-03-01T00:00:00Z'`,
    noticed: ['statistics'],
  },
  {
    what: 'a day of the statistics is gone',
    sql: `DELETE FROM referrals.daily_stats WHERE date = '2026-03-01T00:00:00Z' AND app_id IS NULL`,
    noticed: ['statistics'],
  },
  {
    what: 'a rejection is forgotten',
    sql: `UPDATE umpire.referrals SET is_rejected = false WHERE is_rejected`,
    noticed: ['rejected'],
  },
  {
    what: 'an entry of the audit log follows nothing',
    sql: `INSERT INTO umpire.audit_log SELECT seq + 2, at, actor, on_behalf_of, kind, details, previous, hash FROM umpire.audit_log ORDER BY seq DESC LIMIT 1`,
    noticed: ['audit_chain', 'audit_head'],
  },
  {
    what: 'a decision is deleted and its referral is not',
    sql: `INSERT INTO umpire.audit_log SELECT (SELECT max(seq) + 1 FROM umpire.audit_log), at, actor, NULL, 'forgotten',
        details || jsonb_build_object('referral', (SELECT min(id::text) FROM referrals.relationships)), hash, hash
      FROM umpire.audit_log WHERE kind = 'decisions' ORDER BY seq DESC LIMIT 1`,
    noticed: ['audit_forgotten'],
  },
  {
    what: 'a decision is said to be somebody else’s',
    sql: `UPDATE umpire.decisions SET actor = 'somebody' WHERE decision = 'approve'`,
    noticed: ['audit_decisions', 'audit_actor'],
  },
  {
    what: 'an objection is said to be for something else',
    sql: `UPDATE umpire.objections SET decision = 'escalate'`,
    noticed: ['audit_objections'],
  },
  {
    what: 'an objection is deleted and its item is not',
    sql: `DELETE FROM umpire.objections WHERE settled_at IS NULL`,
    noticed: ['audit_objections'],
  },
  {
    what: 'an objection that nobody made is there',
    sql: `INSERT INTO umpire.objections (objection_id, item_id, relationship_id, actor, decision, reason, outcome, made_at)
      SELECT gen_random_uuid(), item_id, relationship_id, 'somebody', decision, reason, outcome, made_at FROM umpire.objections LIMIT 1`,
    noticed: ['audit_objections'],
  },
  {
    what: 'an objection is settled by nobody who is known',
    sql: `UPDATE umpire.objections SET settled_at = made_at, settled_by = 'somebody' WHERE settled_at IS NULL`,
    noticed: ['audit_objections'],
  },
  {
    what: 'a decision has another reason',
    sql: `UPDATE umpire.decisions SET reason = 'known_customer' WHERE decision = 'approve'`,
    noticed: ['audit_decisions'],
  },
  {
    what: 'a rule set that scores name has other points',
    sql: `UPDATE umpire.rule_sets SET points = points || '{"same_ip": 1}'`,
    noticed: ['audit_rules'],
  },
];

/** What `work` finds in a transaction that is rolled back. */
async function undone<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
  const client = await db.pool.connect();
  try {
    await client.query('BEGIN');
    return await work(client);
  } finally {
    await client.query('ROLLBACK');
    client.release(true);
  }
}

test('nothing is wrong with a programme in which everything happened', async () => {
  expect(await verify(db.pool)).toEqual([]);
});

test.each(CORRUPTIONS)('$what', async ({ sql, noticed }) => {
  const { changed, checks } = await undone(async (client) => {
    const { rowCount } = await client.query(sql);
    return { changed: rowCount, checks: (await verify(client)).map(({ check }) => check) };
  });
  expect(changed).toBeGreaterThan(0);
  expect(checks).toEqual(expect.arrayContaining([...noticed]));
});

test('every check has been seen to notice something', () => {
  const seen = new Set(CORRUPTIONS.flatMap(({ noticed }) => noticed));
  expect(CHECKS.map(({ name }) => name).filter((name) => !seen.has(name))).toEqual([]);
});
