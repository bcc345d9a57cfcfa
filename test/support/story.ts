import { score } from '../../core/engine/score.ts';
import type { Pool } from '../../core/postgres/connection.ts';
import { demo } from '../../core/programme/demo/demo.ts';
import { importEvents } from '../../core/programme/import/import.ts';
import { eventSource } from '../../core/programme/import/source.ts';
import { TEST_KEY } from './migrated.ts';

export type StoryEvent = {
  readonly id: string;
  readonly type: string;
  readonly at: string;
  readonly [field: string]: unknown;
};

/** Imports these events and scores what follows, all with the engine's clock at `now`; throws where an event is bad. */
export async function tell(pool: Pool, events: Iterable<StoryEvent>, now: Date): Promise<void> {
  const bad: string[] = [];
  await importEvents(
    pool,
    eventSource(() => events),
    {
      key: TEST_KEY,
      now,
      onRejected: ({ line, reason }) => bad.push(`line ${line}: ${reason}`),
    },
  );
  if (bad.length > 0) throw new Error(bad.join('\n'));
  await score(pool, { now });
}

/** A demo programme of this many referrals that ends at `now`. */
export async function tellDemo(pool: Pool, referrals: number, now: Date): Promise<void> {
  await tell(pool, [...demo({ referrals, seed: 7, until: now }).events], now);
}

/** Makes events that are numbered in the order in which they are made. */
export class Story {
  readonly events: StoryEvent[] = [];

  user(at: string, id: string, name: string, email: string): this {
    return this.add('user.created', at, { user: { id, name, email } });
  }

  code(at: string, userId: string, code: string): this {
    return this.add('code.created', at, { code: { code, userId, type: 'custom' } });
  }

  seen(at: string, userId: string, ip: string, device?: string): this {
    return this.add('user.seen', at, { userId, context: 'login', ip, ...(device === undefined ? {} : { device }) });
  }

  registered(at: string, refereeId: string, code: string, ip: string, device?: string): this {
    const where = { sourceAppId: 'chat', ip, ipType: 'residential', ipCountry: 'DE', ipAsn: 'AS3320' };
    return this.add('referral.registered', at, {
      refereeId,
      code,
      ...where,
      ...(device === undefined ? {} : { device }),
    });
  }

  used(at: string, userId: string, appId: string): this {
    return this.add('credits.used', at, { userId, appId, amount: 1 });
  }

  bought(at: string, userId: string): this {
    return this.add('credits.purchased', at, { userId, amount: 100 });
  }

  private add(type: string, at: string, fields: object): this {
    this.events.push({ id: `e${String(this.events.length).padStart(5, '0')}`, type, at, ...fields });
    return this;
  }
}
