import { z } from 'zod';
import type { WorkspaceStatus } from '../contract/workspace.ts';
import { MODES } from '../domain/vocabulary.ts';
import { LOGIN_ROLES } from '../postgres/roles/login.ts';
import { dbCount, row } from '../postgres/rows.ts';
import type { Session } from './session.ts';

const facts = z.object({
  mode: z.enum(MODES),
  is_demo: z.boolean(),
  analyst: z.string(),
  role: z.enum(LOGIN_ROLES),
  undo_minutes: z.number().int(),
  rule_set_version: z.number().int(),
  decisions: dbCount,
});

/** What the foot of the window says of an open workspace. */
export async function readReadyStatus({ pool, label }: Session): Promise<Extract<WorkspaceStatus, { state: 'ready' }>> {
  const found = await row(
    pool,
    facts,
    `SELECT w.mode, w.is_demo, session_user AS analyst, umpire.login_role() AS role, s.undo_minutes,
       (SELECT max(version) FROM umpire.rule_sets) AS rule_set_version,
       (SELECT count(*) FROM umpire.decisions_made AS d WHERE d.actor = session_user
          AND d.decided_at > now() - interval '1 hour' AND d.outcome ->> 'outcome' = 'applied' AND d.decision <> 'undo') AS decisions
     FROM umpire.workspace AS w CROSS JOIN umpire.review_settings AS s`,
  );
  if (found === null) throw new Error('This database has no workspace record.');
  return {
    state: 'ready',
    label: found.is_demo ? 'demo workspace' : label,
    demo: found.is_demo,
    mode: found.mode,
    analyst: found.analyst,
    role: found.role,
    may: { decide: found.role !== 'viewer', lead: !['viewer', 'analyst'].includes(found.role) },
    undoMinutes: found.undo_minutes,
    ruleSetVersion: found.rule_set_version,
    decisionsLastHour: found.decisions,
  };
}
