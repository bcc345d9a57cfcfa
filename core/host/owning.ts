import { layoutOf } from '../cache/folder.ts';
import { readOwner, writeOwner } from '../cache/owner.ts';
import type { Position } from '../sync/ports.ts';
import { hasTold } from '../sync/postgres/has-told.ts';
import { serverIdentity } from './identity.ts';
import type { OtherCopies } from './other-copies.ts';
import { placeOf } from './place.ts';
import type { Session } from './session.ts';
import type { Station } from './station.ts';

/** What the cache in use says of whose it is, and what follows for the others. */
export type Owning = {
  /** It was opened: what is known of its owner is written beside it, and the others are looked at. */
  opened(): void;
  /** Its server answered: what is of the same login there is taken over. `isOpen`: whether that station is the one in use still. */
  met(station: Station, session: Session, isOpen: () => boolean): void;
  /** Something went on since: what was left there may be free by now. */
  again(station: Station, session: Session, isOpen: () => boolean): void;
};

export type OwningOptions = {
  readonly databaseUrl?: string | undefined;
  readonly folder: () => string;
  readonly copies: OtherCopies;
  readonly log: (line: string) => void;
  /** An error in words without secrets. */
  readonly wordsOf: (error: unknown) => string;
};

export function owning({ databaseUrl, folder, copies, log, wordsOf }: OwningOptions): Owning {
  /** The cache works without; it is written again at the next start. */
  function tell(server: string | null): void {
    try {
      writeOwner(layoutOf(folder()), { ...placeOf(databaseUrl), server });
    } catch (error) {
      log(`cache: ${wordsOf(error)}`);
    }
  }

  /** What goes wrong beside the cache in use is no reason not to use it. */
  function beside(work: Promise<void>): void {
    work.catch((error: unknown) => log(`other copies: ${wordsOf(error)}`));
  }

  /** Whether the last meeting came to no end. */
  let isUnmet = false;

  async function meet(station: Station, { pool }: Session, isOpen: () => boolean): Promise<void> {
    isUnmet = true;
    const server = await serverIdentity(pool);
    if (server === null || !isOpen()) return;
    tell(server);
    await copies.look({
      server,
      here: station.cache,
      knows: (cursor) => hasTold(pool, cursor),
      leaveEpoch: (witness) => leaveEpoch(station, witness),
      adopted: (ids) => {
        station.sync.pushSoon();
        station.sync.now();
        station.toldOutbox(ids);
      },
    });
    isUnmet = false;
  }

  return {
    opened() {
      tell(readOwner(layoutOf(folder()))?.server ?? null);
      beside(copies.look(null));
    },
    met: (station, session, isOpen) => beside(meet(station, session, isOpen)),
    again(station, session, isOpen) {
      if (isUnmet || copies.isLeft()) beside(meet(station, session, isOpen));
    },
  };
}

/** Nothing is sent before the next contact, and that begins with a pull of everything. */
function leaveEpoch({ contact, cache }: Station, witness: Position | null): void {
  contact.drop();
  cache.leaveEpoch(witness);
}
