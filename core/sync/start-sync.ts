import { agendaOf } from './agenda.ts';
import { asking } from './asking.ts';
import { backOff } from './back-off.ts';
import { StoreFailure, stored } from './failure.ts';
import { type Contact, type Link, linkOf } from './link.ts';
import { ServerFailure } from './ports.ts';
import type { Phase, Work } from './steps.ts';
import type { Sync, SyncOptions } from './sync.ts';
import { systemTimers } from './timers.ts';
import { noTroubles } from './troubles.ts';
import { ANSWER_LIMIT_MS, type Session, worksOf } from './works.ts';

const HELLO_LIMIT_MS = 15_000;
const PROBE_LIMIT_MS = 4_000;
/**
 * From a hint to the pull, and at least from the end of one pull to the next for a hint: they come in bursts, anybody who may connect can
 * send them, and one pull answers them all.
 */
const HINT_MS = 300;
const FAULT = 'Umpire ran into a fault of its own. What was decided is kept; the log has the details.';

/**
 * Keeps a cache and a server together until it is stopped: what is queued is sent, what changed is pulled, evidence is kept at hand.
 * One loop does one thing at a time, so that nothing it does overtakes anything else it does; only `refresh` goes beside it.
 */
export function startSync(options: SyncOptions): Sync {
  const { store, clock, timers = systemTimers, random = Math.random, log } = options;
  const over = new AbortController();
  const agenda = agendaOf(timers);
  const { ask, anew, giveUp } = asking(timers, random, over.signal);
  const troubles = noTroubles();
  let probing: Promise<boolean> | null = null;
  let contact: Contact = { state: 'connecting' };
  let session: Session | null = null;
  /** Somebody changed something since the last pull began. */
  let isHinted = false;
  let isPulling = false;
  /** Since the last complete pull. */
  let failures = 0;
  /** Whether the cache is of the epoch that the server told; an empty one, or one of a pull that was cut, is of none. */
  let isSameEpoch = false;
  let pulledAt = options.pulledAt ?? null;
  let pulling: Link['pulling'] = null;

  const works = worksOf({
    store,
    ask,
    // What the server refused, or the cache could not take, comes again by itself, and seldom.
    want: (work) => {
      if (!troubles.has(work)) agenda.want(work);
    },
    wantIn: (milliseconds, work) => agenda.wantIn(milliseconds, work),
    outboxTold: options.onOutbox,
    progress(done, total) {
      pulling = { done, total };
      tell();
    },
    pulled(end, isNews) {
      // What was asked under the epoch before is dropped with its session.
      if (session !== null) session = { ...session, hello: { ...session.hello, epoch: end.epoch } };
      isSameEpoch = true;
      failures = 0;
      pulling = null;
      pulledAt = clock().toISOString();
      if (isHinted) agenda.wantIn(HINT_MS, 'pull');
      tell();
      options.onPulled({ changed: isNews, role: end.role ?? null, at: end.at });
    },
  });

  function hinted(): void {
    // Due while a pull goes on it would follow without a pause; its end asks for the next.
    if (!isHinted && !isPulling) agenda.wantIn(HINT_MS, 'pull');
    isHinted = true;
  }

  function status(): Link {
    return linkOf(contact, { pulledAt, pulling, trouble: troubles.message() });
  }
  let told = JSON.stringify(status());
  function tell(): void {
    const link = status();
    const text = JSON.stringify(link);
    if (text === told || over.signal.aborted) return;
    told = text;
    options.onStatus(link);
  }

  async function makeContact(): Promise<Phase> {
    if (contact.state === 'offline') contact = { ...contact, nextTry: null };
    tell();
    anew();
    try {
      const { server, hello } = await ask(HELLO_LIMIT_MS, async () => {
        const server = await options.server();
        return { server, hello: await server.hello() };
      });
      isSameEpoch = stored(() => store.position())?.epoch === hello.epoch;
      session = { server, hello, endHints: server.onHint(hinted) };
    } catch (error) {
      return lose(error);
    }
    contact = { state: 'online' };
    troubles.clear();
    // A server that was set back shows that by what it sends: the pull comes first, and the push after it, whatever comes of it.
    agenda.done('push');
    agenda.want('pull');
    agenda.want('reference');
    tell();
    return agenda.next(isSameEpoch);
  }

  async function doWork(work: Work): Promise<Phase> {
    if (session === null) return { at: 'contact' };
    agenda.done(work);
    isPulling = work === 'pull';
    if (isPulling) isHinted = false;
    try {
      await works[work](session);
      troubles.delete(work);
    } catch (error) {
      pulling = null;
      const isRefused = error instanceof ServerFailure && error.kind === 'refused';
      if (!(error instanceof StoreFailure) && !isRefused) return lose(error);
      const times = troubles.add(work, error.message);
      if (times === 1) log(`sync: ${work}: ${error.message}`);
      agenda.wantIn(backOff(times, random), work);
    } finally {
      isPulling = false;
    }
    if (work === 'pull' && !troubles.has('push')) agenda.want('push');
    if (work === 'verify' && isSetBack()) {
      isSameEpoch = false;
      agenda.want('pull');
    }
    tell();
    return agenda.next(isSameEpoch);
  }

  /** What was answered is gone, and the pull before did not notice. */
  function isSetBack(): boolean {
    try {
      return store.position()?.cursor === '';
    } catch {
      return false;
    }
  }

  async function signOfLife(): Promise<boolean> {
    const current = session;
    if (current === null) return false;
    try {
      // Asks for nothing: only that it is answered.
      await ask(PROBE_LIMIT_MS, () => current.server.known([]));
      return true;
    } catch (error) {
      if (!(error instanceof ServerFailure) || error.kind !== 'link') return true;
      if (session !== current) return false;
      giveUp(error);
      // Who is idle finds it out by the next pull.
      agenda.want('pull');
      return false;
    }
  }

  /** Off-line, for this reason. */
  function lose(error: unknown): Phase {
    session?.endHints();
    session = null;
    pulling = null;
    if (over.signal.aborted) return { at: 'rest' };
    const since = contact.state === 'offline' ? contact.since : clock().getTime();
    const isKnown = error instanceof ServerFailure || error instanceof StoreFailure;
    if (!isKnown) log(`sync: ${error instanceof Error ? error.stack : String(error)}`);
    contact = { state: 'offline', since, reason: isKnown ? error.message : FAULT, nextTry: null };
    if (error instanceof ServerFailure && error.kind === 'account') {
      tell();
      options.onAccountLost(error.message);
      return { at: 'lost' };
    }
    failures += 1;
    return { at: 'rest' };
  }

  async function step(phase: Phase): Promise<Phase> {
    switch (phase.at) {
      case 'contact':
        return makeContact();
      case 'work':
        return doWork(phase.work);
      case 'idle':
        tell();
        if (agenda.next(isSameEpoch).at === 'idle') await agenda.idle();
        return agenda.next(isSameEpoch);
      case 'rest': {
        const milliseconds = backOff(failures, random);
        if (contact.state === 'offline') contact = { ...contact, nextTry: clock().getTime() + milliseconds };
        tell();
        await agenda.rest(milliseconds);
        return { at: 'contact' };
      }
      case 'lost':
        await agenda.rest(null);
        return { at: 'contact' };
    }
  }

  async function run(): Promise<void> {
    let phase: Phase = { at: 'contact' };
    while (!over.signal.aborted) phase = await step(phase);
    session?.endHints();
    session = null;
  }

  try {
    // What a crash left is shown as waiting from the first moment.
    works.recover();
  } catch (error) {
    log(`sync: ${error instanceof Error ? error.message : String(error)}`);
  }
  const ended = run();

  return {
    status,
    now() {
      failures = 0;
      agenda.want('pull');
      if (session === null) agenda.hurry();
      else if (troubles.has('push')) agenda.want('push');
    },
    pushSoon: () => agenda.want('push'),
    keepSoon: () => works.keepAnew(),
    async refresh(itemIds) {
      const current = session;
      if (current === null) {
        throw new ServerFailure('link', status().reason ?? 'There is no contact with the server yet.');
      }
      const facts = await ask(ANSWER_LIMIT_MS, () => current.server.facts(itemIds));
      // What an earlier contact says may be of another epoch, in which the same stamp is another moment.
      if (session?.server !== current.server || session.hello.epoch !== current.hello.epoch) {
        throw new ServerFailure('link', 'The connection was lost meanwhile.');
      }
      stored(() => store.putFacts(facts));
    },
    probe: () => (probing ??= signOfLife().finally(() => (probing = null))),
    async stop() {
      over.abort();
      agenda.close();
      await ended;
    },
  };
}
