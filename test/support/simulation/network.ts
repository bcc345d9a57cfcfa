import { type PullEnd, type PullPage, type Server, ServerFailure } from '../../../core/sync/ports.ts';
import type { Random } from '../random.ts';
import type { Who } from './judge.ts';
import type { ModelServer } from './model-server.ts';
import type { Scheduler } from './scheduler.ts';

const NEVER = new Promise<never>(() => undefined);

/** What lies between one analyst and the server. */
export class Network {
  /** Nothing gets through in either direction. */
  isCut = false;
  /** All is well from now on. */
  isCalm = false;
  private readonly hints = new Set<() => void>();

  private readonly scheduler: Scheduler;
  private readonly random: Random;
  private readonly server: ModelServer;
  private readonly trace: (line: string) => void;
  constructor(scheduler: Scheduler, random: Random, server: ModelServer, trace: (line: string) => void) {
    this.scheduler = scheduler;
    this.random = random;
    this.server = server;
    this.trace = trace;
  }

  /** The server as this analyst reaches it. */
  to(who: Who): Server {
    const { server } = this;
    let epoch = '';
    /** Of the last pull. */
    let cursor = '';
    const inEpoch = <Value>(run: () => Value): (() => Value) => {
      const own = epoch;
      return () => {
        if (server.epoch !== own || !server.hasHead(cursor))
          throw new ServerFailure('link', 'The server was restored.');
        return run();
      };
    };
    return {
      hello: async () => {
        const hello = await this.call('hello', () => server.hello(who));
        ({ epoch } = hello);
        cursor = '';
        return hello;
      },
      pull: async (since, onPage) => {
        const own = epoch;
        const end = await this.pull(() => {
          if (server.epoch !== own) throw new ServerFailure('link', 'The server was restored.');
          return server.pull(who, since);
        }, onPage);
        ({ cursor } = end);
        return end;
      },
      facts: (ids) =>
        this.call(
          'facts',
          inEpoch(() => server.facts(who, ids)),
        ),
      push: (operations) =>
        this.call(
          'push',
          inEpoch(() => server.push(who, operations)),
        ),
      known: (sent) =>
        this.call(
          'known',
          inEpoch(() => server.known(who, sent)),
        ),
      reference: () => this.call('reference', () => server.reference(who)),
      onHint: (hint) => {
        this.hints.add(hint);
        return () => this.hints.delete(hint);
      },
    };
  }

  /** NOTIFY: may be lost, may be late. */
  hint(): void {
    for (const hint of this.hints) {
      if (this.isCut || this.random.chance(0.3)) continue;
      this.scheduler.after(this.delay(), hint);
    }
  }

  private async call<Value>(name: string, run: () => Promise<Value> | Value): Promise<Value> {
    await this.request(name, run);
    const value = await run();
    await this.response(name);
    return value;
  }

  private async pull(
    run: () => { readonly pages: readonly PullPage[]; readonly end: PullEnd },
    onPage: (page: PullPage) => Promise<void>,
  ): Promise<PullEnd> {
    await this.request('pull', run);
    const { pages, end } = run();
    for (const page of pages) {
      await this.response('page');
      await onPage(page);
    }
    await this.response('pull');
    return end;
  }

  /** The way to the server: lost, slow, or twice. */
  private async request(name: string, run: () => unknown): Promise<void> {
    await this.scheduler.pause(this.delay());
    if (this.isCut) return this.lose(name, 'cut');
    if (this.isCalm) return;
    if (this.random.chance(0.04)) return this.lose(name, 'lost');
    if (this.random.chance(0.03)) throw new ServerFailure('busy', 'Somebody else was first.');
    if (this.random.chance(0.05)) {
      this.trace(`  ${name} arrives twice`);
      const { downs } = this.server;
      const again = async (): Promise<void> => {
        // A connection does not outlive the server that it was made with.
        if (this.server.downs === downs) await run();
      };
      this.scheduler.after(this.random.int(0, 20_000), () => void again().catch(() => undefined));
    }
  }

  /** The way back: what was done is done. */
  private async response(name: string): Promise<void> {
    await this.scheduler.pause(this.delay());
    if (this.isCut) return this.lose(name, 'cut after its effect');
    if (!this.isCalm && this.random.chance(0.04)) return this.lose(name, 'answer lost');
  }

  /** Noticed at once, or never. */
  private lose(name: string, how: string): Promise<never> {
    const isNoticed = this.isCalm || this.random.chance(0.7);
    this.trace(`  ${name}: ${how}${isNoticed ? '' : ', unnoticed'}`);
    if (!isNoticed) return NEVER;
    return Promise.reject(new ServerFailure('link', `The connection was cut (${name}).`));
  }

  private delay(): number {
    if (!this.isCalm && this.random.chance(0.03)) return this.random.int(1_000, 70_000);
    return this.random.int(1, 60);
  }
}
