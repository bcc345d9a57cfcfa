import type { Link } from './link.ts';
import type { Server, SyncStore } from './ports.ts';
import type { Timers } from './timers.ts';

/** The machine of this folder as whoever runs it has it. */
export type Sync = {
  /** What is known of the contact; `onStatus` tells each change of it. */
  status(): Link;
  /** Tries to reach the server at once; on-line it pulls. */
  now(): void;
  /** Something was put into the outbox: it is sent at once while on-line. */
  pushSoon(): void;
  /** The settings of the cache changed: what is to be kept is fetched or let go of. */
  keepSoon(): void;
  /**
   * Fetches the evidence of an opened case beside all else. Rejects with a ServerFailure off-line, with a StoreFailure where the cache
   * cannot take it.
   */
  refresh(itemIds: readonly string[]): Promise<void>;
  /**
   * Somebody waits in vain: asks for a sign of life, which is to come soon. Without one the server counts as out of reach, and all that
   * waits for it is given up; whatever is answered late is none. Resolves with whether there was one; false off-line.
   */
  probe(): Promise<boolean>;
  /** Ends at once. What is under way is given up, and queued again. */
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
  /**
   * A pull is complete; `changed`: heads or claims are not as before; `role`: what the login is by now, where the server told; `at`: when it
   * was read, by the server's clock.
   */
  readonly onPulled: (news: { readonly changed: boolean; readonly role: string | null; readonly at: string }) => void;
  /** The login has no account any more, in words. Nothing is tried again by itself. */
  readonly onAccountLost: (message: string) => void;
  readonly log: (line: string) => void;
};
