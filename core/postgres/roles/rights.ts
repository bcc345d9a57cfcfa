import { SCHEDULER_TABLES } from '../scheduler.ts';

/** Umpire's roles, each with the rights of those before it; the engine's stand apart. */
export const REVIEWER_ROLES = ['viewer', 'analyst', 'lead', 'admin'] as const;
export const ROLES = [...REVIEWER_ROLES, 'engine'] as const;
export type Role = (typeof ROLES)[number];

export type Privilege = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE' | 'USAGE' | 'EXECUTE';
/** All columns, or those that are named. */
export type Columns = 'all' | readonly string[];

/** What each role may do with a table beyond what it inherits. Who is not named may do nothing. */
export type TableRule = {
  readonly engine: readonly Privilege[];
  /** The least role that reads it, and which columns. */
  readonly read?: { readonly [Least in Role]?: Columns };
};

const DML: readonly Privilege[] = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];

/** The engine's alone. */
const engine: TableRule = { engine: DML };
/** What the queue and a case are read from. */
function reviewed(...columns: readonly string[]): TableRule {
  return { engine: DML, read: { viewer: columns.length === 0 ? 'all' : columns } };
}
/** Written by functions alone. */
function kept(read: TableRule['read'] = {}): TableRule {
  return { engine: ['SELECT'], read };
}
const nobody: TableRule = { engine: [] };

/** Every table and view of the schemas that Umpire manages. One that is not here is closed to all, and a test fails. */
export const TABLES: { readonly [table: string]: TableRule } = {
  // The graph names neighbours; the e-mails of reviewed people are in a view.
  'auth.users': reviewed('id', 'name', 'created_at'),
  'credits.balances': engine,
  'credits.transactions': engine,

  'referrals.codes': reviewed('id', 'code', 'type', 'created_at', 'uses_count'),
  // Every column by its name: with the table come those of the system, which tell that a hidden decision locked a row.
  'referrals.relationships': reviewed(
    'id',
    'referrer_id',
    'referee_id',
    'code_id',
    'source_app_id',
    'status',
    'registered_at',
    'activated_at',
    'qualified_at',
    'retained_at',
    'fraud_score',
    'fraud_signals',
    'is_flagged',
    'created_at',
    'updated_at',
  ),
  'referrals.cross_app_activations': engine,
  'referrals.user_tiers': reviewed('user_id', 'tier'),
  // Without why one is held, which tells of a proposal: that is in the view.
  'referrals.bonus_events': reviewed(
    'id',
    'relationship_id',
    'user_id',
    'event_type',
    'app_id',
    'credits_base',
    'credits_final',
    'tier_at_time',
    'tier_multiplier',
    'status',
    'released_at',
    'created_at',
  ),
  'referrals.fingerprints': reviewed(
    'id',
    'ip_hash',
    'device_hash',
    'ip_type',
    'ip_country',
    'ip_asn',
    'flagged_count',
  ),
  'referrals.user_fingerprints': reviewed(),
  'referrals.fraud_patterns': engine,
  'referrals.rate_limits': engine,
  'referrals.review_queue': reviewed(
    'id',
    'relationship_id',
    'fraud_score',
    'fraud_signals',
    'priority',
    'status',
    'assigned_to',
    'notes',
    'reviewed_at',
    'created_at',
  ),
  'referrals.daily_stats': engine,

  'umpire.workspace': reviewed('mode', 'is_demo', 'epoch'),
  'umpire.rule_sets': reviewed(),
  'umpire.reason_codes': kept({ viewer: 'all' }),
  'umpire.events': engine,
  'umpire.users': engine,
  'umpire.code_events': engine,
  'umpire.sightings': engine,
  'umpire.usages': engine,
  'umpire.purchases': engine,
  // Of people with a part in a referral that is or was reviewed.
  'umpire.people_seen': kept({ viewer: 'all' }),
  'umpire.sightings_seen': kept({ viewer: 'all' }),
  'umpire.usages_seen': kept({ viewer: 'all' }),
  'umpire.purchases_seen': kept({ viewer: 'all' }),
  'umpire.registrations': engine,
  'umpire.pattern_keys': engine,
  'umpire.pattern_events': engine,
  'umpire.pattern_states': engine,
  'umpire.referrals': reviewed('relationship_id', 'referee_id', 'referrer_id', 'code_id', 'at', 'event_id'),
  'umpire.bonuses': engine,
  'umpire.dirty': engine,
  'umpire.scores': reviewed(),
  'umpire.evidence': reviewed(),
  'umpire.kept_evidence': engine,
  'umpire.items': reviewed(),
  // An open proposal is hidden from whoever is to be the second (SPEC 4): reviewers read the view, and functions that ask who calls.
  'umpire.decisions': engine,
  'umpire.decisions_made': { engine: ['SELECT'], read: { viewer: 'all' } },
  'umpire.bonuses_seen': { engine: ['SELECT'], read: { viewer: 'all' } },
  'umpire.decision_effects': engine,
  // Who may not know the first opinion may not know either that there is one.
  'umpire.second_opinions': engine,
  'umpire.known_evidence': engine,
  'umpire.money_log': reviewed('at', 'relationship_id', 'transition', 'credits'),
  'umpire.opening_balances': engine,
  'umpire.validations': engine,
  'umpire.live_instants': engine,
  'umpire.job_runs': engine,
  'umpire.stale_days': engine,
  'umpire.scans': engine,
  'umpire.observed': engine,

  'umpire.audit_log': kept({ lead: 'all' }),
  // Whoever was told a head can prove that the log was cut or rewritten since.
  'umpire.audit_head': kept({ viewer: 'all' }),
  'umpire.accounts': kept({ admin: 'all' }),
  // Without the salt: whoever knows it foresees which items a second analyst will look at.
  'umpire.review_settings': kept({
    viewer: ['undo_minutes', 'claim_minutes'],
    admin: ['second_review_above', 'second_review_share'],
  }),

  'umpire.claims': reviewed(),
  // What became of them is told by functions: of an item, and of a referrer's number of referrals.
  'umpire.items_gone': kept(),
  // When, and not whose: whether a row that a cursor names was deleted.
  'umpire.referrals_gone': kept({ viewer: ['tx'] }),
  'umpire.objections': engine,
  // Who may see which session, so that nobody learns of a proposal by it, is said by the views.
  'umpire.bulk_sessions': kept(),
  'umpire.bulk_items': kept(),
  'umpire.bulk_sessions_seen': kept({ viewer: 'all' }),
  'umpire.bulk_items_seen': kept({ viewer: 'all' }),

  'umpire.migrations': nobody,
  'umpire.key_migrations': nobody,
  'umpire.programme_migrations': nobody,
  ...Object.fromEntries(SCHEDULER_TABLES.map((name) => [`umpire.${name}`, engine])),
};

/** The rule of a table; the scheduler makes one for each day of its figures. */
export function tableRule(table: string): TableRule | undefined {
  return TABLES[/^umpire\.queue_stats_\d{8}$/.test(table) ? 'umpire.queue_stats' : table];
}

/** Functions that reviewers call, with the least role for it. Each says for itself what its caller may do. */
export const OPEN_FUNCTIONS: { readonly [name: string]: Exclude<Role, 'engine'> } = {
  'umpire.login_role': 'viewer',
  'umpire.credits_of': 'viewer',
  'umpire.is_reviewed': 'viewer',
  'umpire.has_head': 'viewer',
  'umpire.holds_ending': 'viewer',
  'umpire.decisions_on': 'viewer',
  'umpire.second_reviews': 'viewer',
  'umpire.record_of': 'viewer',
  'umpire.found_people': 'viewer',
  'umpire.decide_items': 'analyst',
  'umpire.undo_items': 'analyst',
  'umpire.settle_opinions': 'analyst',
  'umpire.epoch': 'viewer',
  'umpire.stamps': 'viewer',
  'umpire.window_items': 'viewer',
  'umpire.changed_items': 'viewer',
  'umpire.reference_of': 'viewer',
  'umpire.settled_decisions': 'analyst',
  'umpire.known_operations': 'viewer',
  'umpire.erased_users': 'viewer',
  'umpire.object_items': 'analyst',
  'umpire.settle_objection': 'lead',
  'umpire.settle_alike': 'lead',
  'umpire.open_objections': 'lead',
  'umpire.is_lead': 'viewer',
  'umpire.claim_item': 'analyst',
  'umpire.claim_first': 'analyst',
  'umpire.release_claim': 'analyst',
  'umpire.start_bulk': 'analyst',
  'umpire.begin_bulk': 'analyst',
  'umpire.run_bulk': 'analyst',
  'umpire.pause_bulk': 'analyst',
  'umpire.cancel_bulk': 'analyst',
  'umpire.undo_bulk': 'analyst',
  'umpire.preview_bulk': 'analyst',
  'umpire.audit_text': 'lead',
  'umpire.create_account': 'admin',
  'umpire.set_account_password': 'admin',
  'umpire.set_account_role': 'admin',
  'umpire.set_account_enabled': 'admin',
  'umpire.end_sessions': 'admin',
  'umpire.change_settings': 'admin',
  'umpire.add_reason': 'admin',
  'umpire.retire_reason': 'admin',
};

function named(names: string): readonly string[] {
  return names.split(/\s+/).map((name) => `umpire.${name}`);
}

/** Functions of the engine. Triggers need no right to be called, and have none. */
export const ENGINE_FUNCTIONS: readonly string[] = [
  ...named('add_earned append_audit audit_hash caller code_stands count_call decisions_digest defer_claims'),
  ...named('end_second_review ended_holds evidence_digest fingerprint_id has_ledger hold_bonuses is_full log_money'),
  ...named(
    'mark_cross_app mark_dirty move_bonuses move_credits multiplier_of note_digest objection_digest observes pattern_matches',
  ),
  ...named('pay_bonuses payable_at record_openings recount_tiers reject_bonuses release_holds retier_bonuses'),
  ...named('retime_claims reverse_bonuses tier_of transaction_id give_way payable_once'),
  ...named('retier_unpaid bonus_places place_bonuses'),
  ...named('end_obstructions stamp_bonuses forget_gone'),
  // The scheduler's.
  ...named('create_queue delete_queue job_now job_table_format job_table_run job_table_run_async'),
];

/** Functions that nobody calls but the owner's own functions, and triggers. */
export const INNER_FUNCTIONS: readonly string[] = [
  ...named('administrator check_verifier check_grantable own_account'),
  ...named('cut_sessions change_login check_words'),
  ...named(
    'decide decide_round settle undo undo_round lock_for_decisions lock_accounts keep_evidence end_claims take_back_bonuses',
  ),
  ...named('repay_bonuses escalated_by in_second_sample second_needed standing_decisions taken_back_since'),
  ...named('claim_of clear_claims is_open_for is_passing lock_bulk lock_sessions tell_sessions take_claim'),
  ...named('audit_forgotten audit_pattern audit_rules mark_money_days refuse_change'),
  ...named('stamp_tx note_gone_items note_gone_referrals note_moved_referral hint hint_claims window_from'),
];

/** The rule of a function, by its name without arguments: who calls it beside the owner; undefined where it has none. */
export function functionRule(name: string): readonly Role[] | undefined {
  const least = OPEN_FUNCTIONS[name];
  if (least !== undefined) return least === 'admin' ? [least] : [least, 'engine'];
  if (ENGINE_FUNCTIONS.includes(name)) return ['engine'];
  return INNER_FUNCTIONS.includes(name) ? [] : undefined;
}

/**
 * Where another service owns the tables: what Umpire's own functions need of them, made by the owner when the first reviewer
 * gets an account. Deleting is the service's.
 */
export const OWNERS_TABLES: { readonly [table: string]: readonly Privilege[] } = {
  'auth.users': ['SELECT'],
  'referrals.codes': ['SELECT'],
  'referrals.relationships': ['SELECT', 'UPDATE'],
  'referrals.cross_app_activations': ['SELECT', 'UPDATE'],
  'referrals.user_tiers': ['SELECT', 'UPDATE'],
  'referrals.bonus_events': ['SELECT', 'UPDATE'],
  'referrals.fingerprints': ['SELECT', 'UPDATE'],
  'referrals.user_fingerprints': ['SELECT'],
  'referrals.fraud_patterns': ['SELECT'],
  'referrals.rate_limits': ['SELECT'],
  'referrals.review_queue': ['SELECT', 'INSERT', 'UPDATE'],
  'referrals.daily_stats': ['SELECT'],
  'credits.balances': ['SELECT', 'INSERT', 'UPDATE'],
  'credits.transactions': ['SELECT', 'INSERT'],
};
