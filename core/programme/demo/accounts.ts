import type { CodeType } from '../../domain/vocabulary.ts';
import type { Spot } from './addresses.ts';
import type { Device } from './devices.ts';
import type { Habits } from './habits.ts';
import type { Person } from './people.ts';
import type { Truth } from './truth.ts';

/**
 * The plan of one account: small, so that a programme of any size fits; its events are told from it later. Its lists are replaced, not
 * pushed to: an array that grows takes room for sixteen more.
 */
export type Account = {
  readonly id: string;
  readonly person: Person;
  readonly email: string;
  readonly createdAt: number;
  /** Null for what honest people do: drawn when the story is told. */
  readonly habits: Habits | null;
  /** Seeds the details of its story. */
  readonly seed: number;
  codes: readonly Code[];
  /** Registrations with a code: the accepted one, and attempts that will be refused. */
  registrations: readonly Registration[];
  /** Sightings that matter to what happened, besides those of its habits. */
  seen: readonly Sighting[];
  changes: readonly Change[];
};

export type Code = {
  readonly text: string;
  readonly type: CodeType;
  readonly owner: Account;
  readonly createdAt: number;
  readonly app: string;
  readonly maxUses?: number;
  readonly expiresAt?: number;
  readonly channel?: string;
  /** When its owner switched it off. */
  readonly closedAt?: number;
};

export type Registration = {
  readonly at: number;
  readonly code: Code;
  /** Null for one of the person's own. */
  readonly spot: Spot | null;
  readonly device: Device | null;
  readonly app: string;
  readonly accepted: boolean;
  /** When the code was looked up before. */
  readonly lookedUpAt: number | null;
};

export type Sighting = { readonly at: number; readonly spot: Spot; readonly device: Device };

export type Change =
  | { readonly at: number; readonly kind: 'renamed'; readonly name: string }
  | { readonly at: number; readonly kind: 'moved'; readonly email: string }
  | { readonly at: number; readonly kind: 'deleted' };

/** An accepted referral. */
export type Referral = { readonly at: number; readonly truth: Truth };
