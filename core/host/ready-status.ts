import { z } from 'zod';
import type { WorkspaceStatus } from '../contract/workspace.ts';
import { MODES } from '../domain/vocabulary.ts';
import { dbCount, row } from '../postgres/rows.ts';
import type { Session } from './session.ts';

const facts = z.object({
  mode: z.enum(MODES),
  is_demo: z.boolean(),
  analyst: z.string(),
  role: z.string(),
  rule_set_version: z.number().int(),
  decisions: dbCount,
});

/** What the foot of the window says of an open workspace. */
export async function readReadyStatus({ pool, label }: Session): Promise<Extract<WorkspaceStatus, { state: 'ready' }>> {
  // The highest of Umpire's roles that the login has; whoever owns the tables needs none.
  const found = await row(
    pool,
    facts,
    `SELECT w.mode, w.is_demo, session_user AS analyst,
       coalesce((SELECT substr(r.rolname, 8) FROM unnest(ARRAY['umpire_admin', 'umpire_lead', 'umpire_analyst', 'umpire_viewer', 'umpire_engine'])
                   WITH ORDINALITY AS known (name, rank) JOIN pg_roles r ON r.rolname = known.name
                 WHERE pg_has_role(session_user, r.oid, 'MEMBER') AND NOT pg_has_role(session_user, c.relowner, 'MEMBER')
                 ORDER BY known.rank LIMIT 1), 'owner') AS role,
       (SELECT max(version) FROM umpire.rule_sets) AS rule_set_version,
       (SELECT count(*) FROM umpire.decisions d WHERE d.actor = session_user
          AND d.decided_at > now() - interval '1 hour' AND d.outcome ->> 'outcome' = 'applied') AS decisions
     FROM umpire.workspace w JOIN pg_class c ON c.oid = 'umpire.workspace'::regclass`,
  );
  if (found === null) throw new Error('This database has no workspace record.');
  return {
    state: 'ready',
    label: found.is_demo ? 'demo workspace' : label,
    demo: found.is_demo,
    mode: found.mode,
    analyst: found.analyst,
    role: found.role,
    ruleSetVersion: found.rule_set_version,
    decisionsLastHour: found.decisions,
  };
}
