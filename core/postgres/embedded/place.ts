import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import type { Layout } from './layout.ts';
import type { Settings } from './settings.ts';

/** All that is needed to make, start and stop one server. */
export type Place = {
  readonly layout: Layout;
  readonly account: Account | null;
  readonly binaries: Binaries;
  /** Of the login `umpire`, which owns the server. */
  readonly password: string;
  /** Settings other than ours, for servers that are thrown away. */
  readonly overrides?: Settings;
};

/** The name of the login that owns the server, and of its database. */
export const NAME = 'umpire';
