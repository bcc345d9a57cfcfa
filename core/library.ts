/**
 * Umpire in a product's back end: codes, registrations and events, each in the caller's own transaction, so that an account and
 * its referral are there together or not at all. Only what is exported here is meant to be used.
 */
import type { ClientBase, Pool } from 'pg';
import type { Mode } from './domain/vocabulary.ts';
import { defaultHome } from './postgres/embedded/home.ts';
import { hashKey, loadHashKey } from './postgres/hash-key.ts';
import { migrate, type MigrateReport } from './postgres/migrate.ts';
import type { Live } from './programme/live/apply.ts';
import { inCallersTransaction } from './programme/live/call.ts';
import { autoCode, type AutoCodeAnswer, createCode, type NewCode, type NewCodeAnswer } from './programme/live/codes.ts';
import { lookUpCode, type LookUp, type LookUpAnswer } from './programme/live/look-up.ts';
import { UmpireError } from './programme/live/errors.ts';
import { record, type RecordAnswer, type Recorded } from './programme/live/record.ts';
import { registerReferral, type Registration, type RegistrationAnswer } from './programme/live/register.ts';

export { HashKeyError } from './postgres/hash-key.ts';
export { MigrateError, type MigrateReport } from './postgres/migrate.ts';
export { type CallFault, UmpireError } from './programme/live/errors.ts';
export type {
  AutoCodeAnswer,
  LookUp,
  LookUpAnswer,
  NewCode,
  NewCodeAnswer,
  RecordAnswer,
  Recorded,
  Registration,
  RegistrationAnswer,
};

export type UmpireOptions = {
  /**
   * The key of all keyed hashes, the same on every machine. When left out: `UMPIRE_HASH_KEY`, or the file `hash-key` in the data
   * folder, as for the command line.
   */
  readonly hashKey?: string;
  /** The clock; the server's when left out. */
  readonly now?: () => Date;
};

/**
 * Every call but `migrate` takes a `pg` client on which the caller has sent BEGIN (READ COMMITTED) and sends COMMIT or ROLLBACK, and throws
 * UmpireError, by its `code`:
 * `no_transaction` `isolation` `not_migrated` `observe_mode` `wrong_hash_key`, `bad_call` (a field that is missing or wrong, by
 * name), `id_reused` (an event id used before for something else). The transaction can go on after each of them.
 */
export type Umpire = {
  /**
   * Registers a referee with a code; the referee's row in auth.users may be the caller's own, of the same transaction. The answer
   * stands: nothing that arrives later changes it. Registrations follow one another: the next one waits for this COMMIT.
   */
  readonly registerReferral: (client: ClientBase, registration: Registration) => Promise<RegistrationAnswer>;
  /** Tells a stranger whether a code can be used, and whose it is: 20 a minute for one address. */
  readonly lookUpCode: (client: ClientBase, lookUp: LookUp) => Promise<LookUpAnswer>;
  /** Makes a custom code, ten an hour for one user, or a campaign code. */
  readonly createCode: (client: ClientBase, code: NewCode) => Promise<NewCodeAnswer>;
  /** A user's automatic code: six characters, made the first time it is asked for. */
  readonly autoCode: (client: ClientBase, userId: string) => Promise<AutoCodeAnswer>;
  /** Records any other event: accounts, sightings, usage, purchases, changes of codes and patterns. */
  readonly record: (client: ClientBase, event: Recorded) => Promise<RecordAnswer>;
  /** Creates or upgrades what Umpire needs in the database; a second run changes nothing. Throws MigrateError. */
  readonly migrate: (pool: Pool, options?: { readonly mode?: Mode }) => Promise<MigrateReport>;
};

/** Throws HashKeyError where there is no key. */
export function createUmpire(options: UmpireOptions = {}): Umpire {
  const key =
    options.hashKey === undefined
      ? loadHashKey({
          env: process.env,
          home: defaultHome(process.env, process.platform, process.getuid?.()),
          create: false,
        })
      : hashKey(options.hashKey);
  const live: Live = { key, clock: () => options.now?.() ?? null };
  const call =
    <Asked, Answer>(answer: (client: ClientBase, live: Live, asked: Asked) => Promise<Answer>) =>
    (client: ClientBase, asked: Asked): Promise<Answer> =>
      inCallersTransaction(client, key, () => {
        if (asked === undefined || asked === null) throw new UmpireError('bad_call', 'nothing was asked');
        return answer(client, live, asked);
      });
  return {
    registerReferral: call(registerReferral),
    lookUpCode: call(lookUpCode),
    createCode: call(createCode),
    autoCode: call((client, live, userId: string) => autoCode(client, live, userId)),
    record: call(record),
    migrate: (pool, { mode } = {}) => migrate(pool, { key, ...(mode === undefined ? {} : { mode }) }),
  };
}
