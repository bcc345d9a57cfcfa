import { z } from 'zod';
import type { Pool } from '../../postgres/connection.ts';
import { row } from '../../postgres/rows.ts';
import type { AuditHead } from '../../review/audit-log.ts';
import type { Epoch, Hello, Server } from '../ports.ts';
import { readCursor } from './cursor.ts';
import { inEpoch, readEpoch } from './epoch.ts';
import { readKeptFacts } from './facts.ts';
import { readKnown } from './known.ts';
import { listen } from './hint.ts';
import { pull } from './pull.ts';
import { push } from './push.ts';
import { readReference } from './reference.ts';
import { type Access, inSession, withoutRole } from './session.ts';

const READ = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';
/** Longer than any statement of a pull or a push takes. */
const PATIENCE_MS = 60_000;

/** The server of this pool's database as its login sees it. `now`: the clock by which stakes are told, the server's where it is not given. */
export function serverOf(pool: Pool, options: Partial<Pick<Access, 'patienceMs' | 'now'>> = {}): Server {
  let epoch: Epoch | null = null;
  let head: AuditHead | null = null;
  const access: Access = {
    pool,
    patienceMs: options.patienceMs ?? PATIENCE_MS,
    now: options.now,
    epoch: () => epoch,
    head: () => head,
  };
  return {
    hello: async () => {
      const told = await hello(access);
      ({ epoch } = told);
      head = null;
      return told;
    },
    pull: async (since, onPage) => {
      const end = await pull(access, since, onPage);
      head = readCursor(end.cursor)?.head ?? null;
      return end;
    },
    facts: (itemIds) => inEpoch(access, READ, (db) => readKeptFacts(db, itemIds, access.now?.() ?? null)),
    push: (operations) => push(access, operations),
    known: (sent) => inEpoch(access, READ, (db) => readKnown(db, sent)),
    reference: () => inSession(access, READ, (db) => readReference(db, access.now?.())),
    onHint: (hint) => listen(pool, hint),
  };
}

const greeted = z.object({ analyst: z.string(), role: z.string().nullable() });

async function hello(access: Access): Promise<Hello> {
  return inSession(access, READ, async (db) => {
    const login = await row(db, greeted, 'SELECT session_user::text AS analyst, umpire.login_role() AS role');
    if (login === null || login.role === null) throw await withoutRole(db);
    return { epoch: await readEpoch(db), analyst: login.analyst, role: login.role };
  });
}
