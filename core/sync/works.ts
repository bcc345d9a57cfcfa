import type { Ask } from './asking.ts';
import { stored } from './failure.ts';
import { type Hydration, hydration } from './facts.ts';
import type { Hello, PullEnd, Server, SyncStore } from './ports.ts';
import { pullOnce } from './pull.ts';
import { askAgain, pushQueued } from './push.ts';
import type { Work } from './steps.ts';
import { verifyAnswers } from './verify.ts';

/** One contact with the server; what belongs to an earlier one is nobody's. */
export type Session = { readonly server: Server; readonly hello: Hello; readonly endHints: () => void };

export type WorksNeeds = {
  readonly store: SyncStore;
  readonly ask: Ask;
  readonly want: (work: Work) => void;
  readonly wantIn: (milliseconds: number, work: Work) => void;
  readonly outboxTold: (ids: readonly string[]) => void;
  readonly progress: (done: number, total: number | null) => void;
  /** A pull is complete; `isNews`: heads or claims are not as before. */
  readonly pulled: (end: PullEnd, isNews: boolean) => void;
};

export type Works = { readonly [W in Work]: (session: Session) => Promise<void> } & {
  /** What nobody is sending is not `sending`. Before anything is sent again; throws a StoreFailure. */
  recover(): void;
  /** What is to be kept is another choice now. */
  keepAnew(): void;
};

const POLL_MS = 2_000;
const REFERENCE_MS = 60_000;
/** Of a call, and between two pages of a pull. */
export const ANSWER_LIMIT_MS = 30_000;

/** What sync does while there is contact, one at a time. Each throws a StoreFailure or a ServerFailure, and may be begun again then. */
export function worksOf({ store, ask, want, wantIn, outboxTold, progress, pulled }: WorksNeeds): Works {
  let isRecovered = false;
  let claims = '';
  let hydrate: Hydration = hydration();
  let mayEvict = true;
  const asked = <Value>(call: () => Promise<Value>): Promise<Value> => ask(ANSWER_LIMIT_MS, call);

  function recover(): void {
    if (isRecovered) return;
    stored(() => store.recover());
    isRecovered = true;
  }

  return {
    recover,
    keepAnew() {
      hydrate = hydration();
      mayEvict = true;
      want('facts');
    },
    verify: ({ server }) => verifyAnswers({ store, server, ask: asked, told: outboxTold }),
    async push({ server }) {
      recover();
      // Whatever ends this before its end may leave rows `sending`.
      isRecovered = false;
      await pushQueued({ store, server, ask: asked, told: outboxTold });
      isRecovered = true;
    },
    async pull({ server, hello }) {
      stored(() => store.doubt());
      const { end, changed } = await ask(ANSWER_LIMIT_MS, (watched) =>
        pullOnce({ store, server, hello, progress }, watched),
      );
      const live = JSON.stringify(end.claims);
      const isNews = changed || live !== claims;
      claims = live;
      hydrate = hydration();
      mayEvict ||= changed;
      want('verify');
      want('second');
      want('facts');
      wantIn(POLL_MS, 'pull');
      pulled(end, isNews);
    },
    second: ({ server }) => askAgain({ store, server, ask: asked, told: outboxTold }),
    async reference({ server }) {
      const reference = await asked(() => server.reference());
      stored(() => store.putReference(reference));
      wantIn(REFERENCE_MS, 'reference');
    },
    async facts({ server }) {
      if (await hydrate.step({ store, server, ask: asked })) {
        mayEvict = true;
        want('facts');
      } else if (mayEvict) {
        stored(() => store.evict());
        mayEvict = false;
      }
    },
  };
}
