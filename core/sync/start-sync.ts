import { backOff } from './back-off.ts';
import { StoreFailure, stored } from './failure.ts';
import { hydration } from './facts.ts';
import { type Watched, withinLimit } from './limit.ts';
import { type Contact, type Link, linkOf } from './link.ts';
import { type Hello, type Server, ServerFailure, type SyncStore } from './ports.ts';
import { pullOnce } from './pull.ts';
import { askAgain, pushQueued } from './push.ts';
import { nextWork, type Phase, type Work, WORKS } from './steps.ts';
import { systemTimers, type Timers } from './timers.ts';

export type Sync = {
  /** What is known of the contact; `onStatus` tells each change of it. */
  status(): Link;
  /** Tries to reach the server at once; on-line it pulls. */
  now(): void;
  /** Something was put into the outbox: it is sent at once while on-line. */
  pushSoon(): void;
  /** The settings of the cache changed: what is to be kept is fetched or let go of. */
  keepSoon(): void;
  /** Fetches the evidence of an opened case before all else. Rejects with a ServerFailure off-line, with a StoreFailure where the cache cannot take it. */
  refresh(itemIds: readonly string[]): Promise<void>;
  /** Ends at once. What is under way is given up and queued again. */
  stop(): Promise<void>;
};

export type SyncOptions = {
  /** Before each try to make contact: opens what is not open. */
  readonly server: () => Promise<Server> | Server;
  readonly store: SyncStore;
  /** This computer's; only shown. */
  readonly clock: () => Date;
  readonly timers?: Timers;
  /** In [0, 1): jitter. */
  readonly random?: () => number;
  /** Of the last complete pull of an earlier run. */
  readonly pulledAt?: string | null;
  readonly onStatus: (status: Link) => void;
  /** Rows of the outbox that may have changed their state. */
  readonly onOutbox: (ids: readonly string[]) => void;
  /** A pull is complete; `changed`: heads or claims are not as before. */
  readonly onPulled: (news: { readonly changed: boolean }) => void;
  /** The login has no account any more, in words. Nothing is tried again by itself. */
  readonly onAccountLost: (message: string) => void;
  readonly log: (line: string) => void;
};

const POLL_MS = 2_000;
const REFERENCE_MS = 60_000;
const HELLO_LIMIT_MS = 15_000;
/** Of a call, and between two pages of a pull. */
const ANSWER_LIMIT_MS = 30_000;
/** Tries of a call that the server is too busy for, this far apart. */
const BUSY_TRIES = 5;
const BUSY_MS = 50;

/** One contact with the server; what belongs to an earlier one is nobody's. */
type Session = { readonly server: Server; readonly hello: Hello; readonly endHints: () => void };

/**
 * Keeps a cache and a server together until it is stopped: what is queued is sent, what changed is pulled, evidence is kept at hand.
 * One loop does one thing at a time, so that nothing it does overtakes anything else it does; only `refresh` goes beside it.
 */
export function startSync(options: SyncOptions): Sync {
  const { store, clock, timers = systemTimers, random = Math.random, log } = options;
  const over = new AbortController();
  const due = new Set<Work>();
  const dueAgain = new Map<Work, () => void>();
  const troubles = new Map<Work, { readonly message: string; readonly failures: number }>();
  let contact: Contact = { state: 'connecting' };
  let session: Session | null = null;
  let failures = 0;
  let pulledAt = options.pulledAt ?? null;
  let pulling: Link['pulling'] = null;
  let claims = '';
  let hydrate = hydration();
  let mayEvict = true;
  /** Whether the cache is of the epoch that the server told; an empty one, or one of a pull that was cut, is of none. */
  let isSameEpoch = false;
  /** Whether no row is `sending` that nobody is sending. */
  let isRecovered = false;
  /** Ends a rest; null while there is none. */
  let wake: (() => void) | null = null;
  /** Told to try at once before it rested. */
  let isHurried = false;

  function status(): Link {
    const [trouble] = WORKS.flatMap((work) => troubles.get(work)?.message ?? []);
    return linkOf(contact, { pulledAt, pulling, trouble: trouble ?? null });
  }
  let told = JSON.stringify(status());
  function tell(): void {
    const link = status();
    const text = JSON.stringify(link);
    if (text === told || over.signal.aborted) return;
    told = text;
    options.onStatus(link);
  }

  function want(work: Work): void {
    dueAgain.get(work)?.();
    dueAgain.delete(work);
    due.add(work);
    // Off-line, when to try again is for the back-off to say.
    if (session !== null) wake?.();
  }
  function wantIn(milliseconds: number, work: Work): void {
    dueAgain.get(work)?.();
    dueAgain.set(
      work,
      timers.after(milliseconds, () => want(work)),
    );
  }

  /** Until somebody wakes it, or so many milliseconds. */
  function woken(milliseconds: number | null): Promise<void> {
    return new Promise((resolve) => {
      if (isHurried || over.signal.aborted) {
        isHurried = false;
        resolve();
        return;
      }
      let cancel = (): void => undefined;
      wake = () => {
        wake = null;
        cancel();
        resolve();
      };
      if (milliseconds !== null) cancel = timers.after(milliseconds, () => wake?.());
    });
  }

  async function ask<Value>(limitMs: number, call: (watched: Watched) => Promise<Value>): Promise<Value> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await withinLimit(timers, limitMs, over.signal, call);
      } catch (error) {
        if (!(error instanceof ServerFailure && error.kind === 'busy') || tries === BUSY_TRIES) throw error;
      }
      await new Promise<void>((resolve) => timers.after(Math.round(BUSY_MS * tries * random()), resolve));
    }
  }

  function recover(): void {
    if (isRecovered) return;
    stored(() => store.recover());
    isRecovered = true;
  }

  function next(): Phase {
    return nextWork(due, isSameEpoch);
  }

  async function makeContact(): Promise<Phase> {
    if (contact.state === 'offline') contact = { ...contact, nextTry: null };
    tell();
    try {
      const { server, hello } = await ask(HELLO_LIMIT_MS, async () => {
        const server = await options.server();
        return { server, hello: await server.hello() };
      });
      isSameEpoch = stored(() => store.position())?.epoch === hello.epoch;
      session = { server, hello, endHints: server.onHint(() => want('pull')) };
    } catch (error) {
      return lose(error);
    }
    contact = { state: 'online' };
    // A server that was set back shows that by what it sends: the pull comes first, and the push after it, whatever comes of it.
    due.delete('push');
    want('pull');
    want('reference');
    tell();
    return next();
  }

  async function doWork(work: Work): Promise<Phase> {
    const current = session;
    if (current === null) return { at: 'contact' };
    due.delete(work);
    try {
      await WORK[work](current);
      troubles.delete(work);
    } catch (error) {
      pulling = null;
      const isRefused = error instanceof ServerFailure && error.kind === 'refused';
      if (!(error instanceof StoreFailure) && !isRefused) return lose(error);
      // There is contact, and all else goes on.
      const again = (troubles.get(work)?.failures ?? 0) + 1;
      if (again === 1) log(`sync: ${work}: ${error.message}`);
      troubles.set(work, { message: error.message, failures: again });
      wantIn(backOff(again, random), work);
    }
    if (work === 'pull') due.add('push');
    tell();
    return next();
  }

  const WORK: { readonly [W in Work]: (current: Session) => Promise<void> } = {
    async push({ server }) {
      recover();
      isRecovered = false;
      await pushQueued({ store, server, ask: (call) => ask(ANSWER_LIMIT_MS, call), told: options.onOutbox });
      isRecovered = true;
    },
    async pull(current) {
      const { server, hello } = current;
      const progress = (done: number, total: number | null): void => {
        pulling = { done, total };
        tell();
      };
      const { end, changed } = await ask(ANSWER_LIMIT_MS, (watched) =>
        pullOnce({ store, server, hello, progress }, watched),
      );
      if (end.epoch !== hello.epoch) session = { ...current, hello: { ...hello, epoch: end.epoch } };
      isSameEpoch = true;
      failures = 0;
      pulling = null;
      pulledAt = clock().toISOString();
      const live = JSON.stringify(end.claims);
      const isNews = changed || live !== claims;
      claims = live;
      hydrate = hydration();
      mayEvict ||= changed;
      due.add('second').add('facts');
      wantIn(POLL_MS, 'pull');
      tell();
      options.onPulled({ changed: isNews });
    },
    second: ({ server }) =>
      askAgain({ store, server, ask: (call) => ask(ANSWER_LIMIT_MS, call), told: options.onOutbox }),
    async reference({ server }) {
      const reference = await ask(ANSWER_LIMIT_MS, () => server.reference());
      stored(() => store.putReference(reference));
      wantIn(REFERENCE_MS, 'reference');
    },
    async facts({ server }) {
      if (await hydrate.step({ store, server, ask: (call) => ask(ANSWER_LIMIT_MS, call) })) {
        mayEvict = true;
        due.add('facts');
      } else if (mayEvict) {
        stored(() => store.evict());
        mayEvict = false;
      }
    },
  };

  /** Off-line, for this reason, until the next try. */
  function lose(error: unknown): Phase {
    session?.endHints();
    session = null;
    pulling = null;
    if (over.signal.aborted) return { at: 'rest' };
    const since = contact.state === 'offline' ? contact.since : clock().getTime();
    if (error instanceof ServerFailure && error.kind === 'account') {
      contact = { state: 'offline', since, reason: error.message, nextTry: null };
      tell();
      options.onAccountLost(error.message);
      return { at: 'lost' };
    }
    const isKnown = error instanceof ServerFailure || error instanceof StoreFailure;
    if (!isKnown) log(`sync: ${error instanceof Error ? error.stack : String(error)}`);
    const reason = isKnown ? error.message : FAULT;
    failures += 1;
    contact = { state: 'offline', since, reason, nextTry: null };
    return { at: 'rest' };
  }

  async function rest(): Promise<Phase> {
    const milliseconds = backOff(failures, random);
    if (contact.state === 'offline') contact = { ...contact, nextTry: clock().getTime() + milliseconds };
    tell();
    await woken(milliseconds);
    return { at: 'contact' };
  }

  async function step(phase: Phase): Promise<Phase> {
    switch (phase.at) {
      case 'contact':
        return makeContact();
      case 'work':
        return doWork(phase.work);
      case 'idle':
        tell();
        if (next().at === 'idle') await woken(null);
        return next();
      case 'rest':
        return rest();
      case 'lost':
        await woken(null);
        return { at: 'contact' };
    }
  }

  async function run(): Promise<void> {
    let phase: Phase = { at: 'contact' };
    while (!over.signal.aborted) phase = await step(phase);
    session?.endHints();
    session = null;
    for (const cancel of dueAgain.values()) cancel();
  }

  try {
    // What a crash left is shown as waiting from the first moment.
    recover();
  } catch (error) {
    log(`sync: the cache failed: ${error instanceof Error ? error.message : String(error)}`);
  }
  const ended = run();

  return {
    status,
    now() {
      failures = 0;
      want('pull');
      if (wake === null) isHurried = session === null;
      else wake();
    },
    pushSoon: () => want('push'),
    keepSoon() {
      hydrate = hydration();
      mayEvict = true;
      want('facts');
    },
    async refresh(itemIds) {
      const current = session;
      if (current === null)
        throw new ServerFailure('link', status().reason ?? 'There is no contact with the server yet.');
      const facts = await ask(ANSWER_LIMIT_MS, () => current.server.facts(itemIds));
      // What an earlier contact says may be of another epoch, in which the same stamp is another moment.
      if (session !== current) throw new ServerFailure('link', 'The connection was lost meanwhile.');
      stored(() => store.putFacts(facts));
    },
    async stop() {
      over.abort();
      wake?.();
      await ended;
    },
  };
}

const FAULT = 'Umpire ran into a fault of its own. What was decided is kept; the log has the details.';
