import { stored } from './failure.ts';
import type { PushNeeds } from './push.ts';

/** Operations of one call. */
const BATCH = 500;

/** Asks whether the server has what it once answered: one that was set back may not. */
export async function verifyAnswers({ store, server, ask, told }: PushNeeds): Promise<void> {
  for (;;) {
    const asked = stored(() => store.toVerify(BATCH));
    if (asked.length === 0) return;
    const known = await ask(() => server.known(asked));
    const changed = stored(() => store.putVerified(asked, known));
    if (changed.length > 0) told(changed);
  }
}
