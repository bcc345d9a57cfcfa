import { z } from 'zod';
import { bulkSession } from './bulk.ts';
import { outboxRow, syncStatus } from './sync.ts';
import { workspaceStatus } from './workspace.ts';

/** Commands of the window that the application menu has too. */
export const MENU_COMMANDS = ['evidence', 'report'] as const;

/** What the core host tells the window unasked. A notice only says that something changed; the window asks again. */
export const notice = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('workspace'), status: workspaceStatus }),
  z.object({ kind: z.literal('queue') }),
  z.object({ kind: z.literal('sync'), status: syncStatus }),
  /** Rows of the outbox that changed their state. */
  z.object({ kind: z.literal('outbox'), rows: z.array(outboxRow) }),
  /** Where a bulk session stands that runs here. */
  z.object({ kind: z.literal('bulk'), session: bulkSession }),
  /** A command was chosen from the application menu; told by main. */
  z.object({ kind: z.literal('menu'), command: z.enum(MENU_COMMANDS) }),
]);
export type Notice = z.infer<typeof notice>;
