import type { Pool } from 'pg';

/** The natural key of each table whose rows others refer to by a random id; later ones may use the names of earlier ones. */
const NAMES = `
  select id::text, 'code ' || code as name from referrals.codes
  union all select id::text, 'referral ' || referee_id from referrals.relationships
  union all select id::text, 'pattern ' || pattern_type || ' ' || pattern_value from referrals.fraud_patterns
  union all select id::text, 'fingerprint ' || ip_hash || ' ' || coalesce(device_hash, '-') from referrals.fingerprints
  union all select b.id::text, concat_ws(' ', 'bonus', r.referee_id, b.event_type, b.user_id, b.app_id)
    from referrals.bonus_events b join referrals.relationships r on r.id = b.relationship_id
  union all select q.id::text, 'item ' || r.referee_id
    from referrals.review_queue q join referrals.relationships r on r.id = q.relationship_id`;

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/**
 * Columns that tell how a row came to be and not what it says: when it was last written, how often, when an account was
 * opened, which transaction wrote it, and what stood in it before and after a movement, which is a matter of the order in which
 * movements were booked.
 */
const HISTORY: readonly RegExp[] = [
  /\.updated_at$/,
  /^credits\.balances\.(created_at|version)$/,
  /^credits\.transactions\.balance_(before|after)$/,
  /^umpire\.\w+\.(added_)?tx$/,
];

function isHistory(table: string, column: string): boolean {
  return HISTORY.some((one) => one.test(`${table}.${column}`));
}

type Row = { readonly [column: string]: unknown };

async function seedTables(pool: Pool): Promise<readonly string[]> {
  const { rows } = await pool.query<{ name: string }>(`
    select schemaname || '.' || tablename as name from pg_tables
    where schemaname in ('referrals', 'auth', 'credits') and tablename not like 'umpire%' order by 1`);
  return rows.map((row) => row.name);
}

/**
 * Every row of the seed's tables (or of those named) as a line, random ids replaced by what they stand for, so that two
 * databases that say the same have equal dumps.
 */
export async function dump(pool: Pool, only?: readonly string[]): Promise<readonly string[]> {
  const names = await pool.query<{ id: string; name: string }>(NAMES);
  const nameOf = new Map(names.rows.map((row) => [row.id, row.name]));
  const rename = (text: string) => text.replaceAll(UUID, (id) => `<${nameOf.get(id) ?? 'id'}>`);
  const lines: string[] = [];
  for (const table of only ?? (await seedTables(pool))) {
    const { rows } = await pool.query<{ row: Row }>(`select to_jsonb(t) as row from ${table} t`);
    for (const { row } of rows) {
      const entries = Object.entries(row).filter(([column]) => !isHistory(table, column));
      const told = entries.map(([column, value]) => [
        column,
        column === 'fraud_signals' ? signals(value, rename) : value,
      ]);
      lines.push(rename(`${table} ${JSON.stringify(Object.fromEntries(told))}`));
    }
  }
  return lines.sort();
}

/** In no order of their own: patterns are told by random ids in the database. */
function signals(value: unknown, rename: (text: string) => string): string {
  const names = JSON.parse(typeof value === 'string' ? value : '[]') as readonly string[];
  return names.map(rename).sort().join(' ');
}

/** Score, signals and stage of every referral. */
export async function dumpScores(pool: Pool): Promise<readonly string[]> {
  const lines = await dump(pool, ['referrals.relationships']);
  return lines
    .map((line) => JSON.parse(line.slice(line.indexOf('{'))) as Row)
    .map((row) => ['referee_id', 'status', 'fraud_score', 'fraud_signals'].map((column) => row[column]).join(' '))
    .sort();
}
