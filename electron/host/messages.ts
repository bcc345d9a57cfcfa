import { z } from 'zod';
import { callError } from '../../core/contract/methods.ts';
import { notice } from '../../core/contract/notices.ts';

/** The frame of a message from the core host; an answer's value is checked where its method is known. */
const fromHost = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('answer'),
    id: z.number().int(),
    outcome: z.discriminatedUnion('ok', [
      z.object({ ok: z.literal(true), value: z.unknown() }),
      z.object({ ok: z.literal(false), error: callError }),
    ]),
  }),
  z.object({ type: z.literal('notice'), notice }),
  // A name of `core/host/place.ts` and no path: main writes there.
  z.object({ type: z.literal('wantKey'), cache: z.string().regex(/^[0-9a-f]{16}$/), renew: z.boolean() }),
]);

export type HostMessage = z.infer<typeof fromHost>;
/** A call's outcome before its value was checked. */
export type RawOutcome = Extract<HostMessage, { type: 'answer' }>['outcome'];

/** Null where it is no message of ours. */
export function readHostMessage(message: unknown): HostMessage | null {
  return fromHost.safeParse(message).data ?? null;
}
