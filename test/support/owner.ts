import { readFile } from 'node:fs/promises';
import type { Pool } from '../../core/postgres/connection.ts';

const SEED = new URL('../../core/postgres/migrations/programme/0000_seed.sql', import.meta.url);

/** The tables of another service: the seed document's and nothing of ours; with the ledger that SPEC describes or without. */
export async function makeOwnersTables(pool: Pool, options: { readonly ledger: boolean }): Promise<void> {
  const seed = await readFile(SEED, 'utf8');
  const statements = seed
    .split(/;\n+(?=--|CREATE|DO|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '' && !statement.includes('umpire_'));
  for (const statement of statements) {
    const text = options.ledger ? statement : withoutLedger(statement);
    if (text !== null) await pool.query(text);
  }
}

function withoutLedger(statement: string): string | null {
  if (/\bcredits\.|SCHEMA IF NOT EXISTS credits/.test(statement)) return null;
  return statement.replaceAll(/^\s*\('transaction_.*\n/gm, '');
}

/**
 * All that the catalog says of schemas that are not Umpire's: tables, columns, indexes, constraints, triggers, types,
 * functions, rules, policies, sequences, rights, comments, options, owners.
 */
export async function ownersCatalog(pool: Pool): Promise<readonly string[]> {
  const { rows } = await pool.query<{ line: string }>(
    `WITH theirs AS (
       SELECT oid, nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema', 'umpire')
     ),
     lines AS (
       SELECT 'schema ' || n.nspname || ' ' || pg_get_userbyid(n.nspowner) || ' ' || coalesce(n.nspacl::text, '') AS line
       FROM pg_namespace AS n JOIN theirs USING (oid)
       UNION ALL
       SELECT concat_ws(' ', 'relation', c.oid, c.relfilenode, t.nspname, c.relname, c.relkind, c.relpersistence, pg_get_userbyid(c.relowner), c.relacl, c.reloptions,
         c.relrowsecurity, c.relforcerowsecurity, c.relreplident, c.relhastriggers, c.reltablespace)
       FROM pg_class AS c JOIN theirs AS t ON t.oid = c.relnamespace
       UNION ALL
       SELECT concat_ws(' ', 'column', t.nspname, c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attisdropped,
         a.attacl, a.attoptions, a.attcollation, a.attstorage, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid))
       FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN theirs AS t ON t.oid = c.relnamespace
       LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
       WHERE a.attnum > 0
       UNION ALL
       SELECT concat_ws(' ', 'index', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisclustered)
       FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid JOIN theirs AS t ON t.oid = c.relnamespace
       UNION ALL
       SELECT concat_ws(' ', 'constraint', t.nspname, x.conrelid::regclass, x.conname, pg_get_constraintdef(x.oid), x.convalidated)
       FROM pg_constraint AS x JOIN theirs AS t ON t.oid = x.connamespace
       UNION ALL
       -- Those of foreign keys have numbers for names.
       SELECT concat_ws(' ', 'trigger', g.tgrelid::regclass, g.tgfoid::regproc, g.tgenabled, g.tgtype, CASE WHEN g.tgisinternal THEN '' ELSE g.tgname END)
       FROM pg_trigger AS g JOIN pg_class AS c ON c.oid = g.tgrelid JOIN theirs AS t ON t.oid = c.relnamespace
       UNION ALL
       SELECT concat_ws(' ', 'type', t.nspname, y.typname, y.typtype, pg_get_userbyid(y.typowner),
         (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_enum AS e WHERE e.enumtypid = y.oid))
       FROM pg_type AS y JOIN theirs AS t ON t.oid = y.typnamespace
       UNION ALL
       SELECT concat_ws(' ', 'function', t.nspname, p.proname, pg_get_userbyid(p.proowner), p.prosrc)
       FROM pg_proc AS p JOIN theirs AS t ON t.oid = p.pronamespace
       UNION ALL
       SELECT concat_ws(' ', 'rule', r.ev_class::regclass, r.rulename) FROM pg_rewrite AS r JOIN pg_class AS c ON c.oid = r.ev_class
       JOIN theirs AS t ON t.oid = c.relnamespace
       UNION ALL
       SELECT concat_ws(' ', 'policy', y.polrelid::regclass, y.polname) FROM pg_policy AS y
       UNION ALL
       SELECT concat_ws(' ', 'inherits', h.inhrelid::regclass, h.inhparent::regclass) FROM pg_inherits AS h
       JOIN pg_class AS c ON c.oid IN (h.inhrelid, h.inhparent) JOIN theirs AS t ON t.oid = c.relnamespace
       UNION ALL
       SELECT concat_ws(' ', 'publication', b.pubname) FROM pg_publication AS b
       UNION ALL
       SELECT concat_ws(' ', 'extension', e.extname) FROM pg_extension AS e
       UNION ALL
       SELECT concat_ws(' ', 'event trigger', v.evtname) FROM pg_event_trigger AS v
       UNION ALL
       SELECT concat_ws(' ', 'statistics', s.stxname) FROM pg_statistic_ext AS s
       UNION ALL
       SELECT concat_ws(' ', 'default rights', f.defaclobjtype, f.defaclacl) FROM pg_default_acl AS f
       UNION ALL
       SELECT concat_ws(' ', 'comment', m.classoid::regclass, m.objoid, m.objsubid, m.description) FROM pg_description AS m WHERE m.objoid >= 16384
     )
     SELECT line FROM lines ORDER BY line COLLATE "C"`,
  );
  return rows.map(({ line }) => line);
}
