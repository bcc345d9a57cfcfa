import { z } from 'zod';
import { DECISIONS } from '../domain/decision.ts';
import { MODES } from '../domain/vocabulary.ts';

/** Where the core host stands; the window shows exactly this. */
export const workspaceStatus = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('starting'),
    /** What is being done, e.g. "Starting Postgres", "Filling the demo workspace". */
    step: z.string(),
    /** Count and total of the step where it has them. */
    done: z.number().nullable(),
    total: z.number().nullable(),
  }),
  z.object({
    state: z.literal('ready'),
    /** E.g. "demo workspace" or `host/database`; never a password. */
    label: z.string(),
    demo: z.boolean(),
    mode: z.enum(MODES),
    /** The database login. */
    analyst: z.string(),
    role: z.string(),
    /** What this login may do; the database enforces it (SPEC 4). */
    may: z.object({ decide: z.boolean(), lead: z.boolean() }),
    /** How long a decision may be undone by whoever made it, in minutes. */
    undoMinutes: z.number().int(),
    ruleSetVersion: z.number().int(),
    /** Decisions of this analyst in the last hour. */
    decisionsLastHour: z.number().int(),
  }),
  z.object({
    state: z.literal('failed'),
    /** What happened, what is safe, what to do. */
    message: z.string(),
    detail: z.string().nullable(),
    /**
     * The copy on this computer cannot be read, or what is left of it cannot be sent: removing it (`sync.wipe`) is a way out. `lost`:
     * decisions that no server has taken or nobody has settled, which go with it; null where nobody knows.
     */
    removal: z.object({ lost: z.number().int().nullable() }).optional(),
  }),
]);
export type WorkspaceStatus = z.infer<typeof workspaceStatus>;

export const reasonCode = z.object({ code: z.string(), label: z.string(), decision: z.enum(DECISIONS) });
