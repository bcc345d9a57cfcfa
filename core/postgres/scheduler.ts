import { getConstructionPlans, getMigrationPlans } from 'pg-boss';
import type { Client } from './connection.ts';

/** The scheduler's tables live beside ours; none of their names is one of ours. */
export const SCHEDULER_SCHEMA = 'umpire';

/** What the library makes there (version 46 of its schema); `queue_stats` has partitions too. */
export const SCHEDULER_TABLES: readonly string[] = [
  'version',
  'queue',
  'schedule',
  'subscription',
  'bam',
  'job',
  'job_common',
  'warning',
  'queue_stats',
  'job_dependency',
  'instance',
];

/**
 * Creates or upgrades the tables of the scheduler; returns what it did, nothing where there was nothing to do. Workers
 * find them there and make none themselves: their logins own nothing.
 */
export async function migrateScheduler(client: Client): Promise<string[]> {
  const construction = getConstructionPlans(SCHEDULER_SCHEMA, { createSchema: false });
  const wanted = Number(/version\(version\) VALUES \('(\d+)'\)/.exec(construction)?.[1]);
  if (!Number.isInteger(wanted)) throw new Error('this pg-boss does not say which version of its tables it makes');
  const found = await installedVersion(client);
  if (found === wanted) return [];
  // A later release of Umpire was here; what it made also serves, or the worker says that it does not.
  if (found !== null && found > wanted) return [];
  if (found === null) await client.query(construction);
  else await upgrade(client, getMigrationPlans(SCHEDULER_SCHEMA, found));
  return [`scheduler ${wanted}`];
}

async function installedVersion(client: Client): Promise<number | null> {
  const there = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
    `${SCHEDULER_SCHEMA}.version`,
  ]);
  if (there.rows[0]?.there !== true) return null;
  const { rows } = await client.query<{ version: number }>(`SELECT version::int FROM ${SCHEDULER_SCHEMA}.version`);
  return rows[0]?.version ?? null;
}

const END = 'COMMIT;';

/** One transaction, and after it indexes that are built one by one, because no transaction may build them. */
async function upgrade(client: Client, plans: string): Promise<void> {
  const end = plans.lastIndexOf(END) + END.length;
  await client.query(plans.slice(0, end));
  for (const statement of plans.slice(end).split(';\n')) {
    if (statement.trim().replace(/;$/, '') !== '') await client.query(statement);
  }
}
