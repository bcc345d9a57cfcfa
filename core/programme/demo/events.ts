import type { Zone } from './zones.ts';
import type { CodeType, IpType, PatternType, Severity, SightingContext } from '../../domain/vocabulary.ts';

/** Where and with what somebody was: the fields that registrations and sightings share (SPEC 7). */
export type Connection = {
  readonly ip: string;
  readonly ipType?: IpType;
  readonly device?: string;
  readonly userAgent?: string;
};

/** What follows `id`, `type` and `at` in each event of SPEC 7. */
type Bodies = {
  'user.created': { readonly user: { readonly id: string; readonly name: string; readonly email: string } };
  'user.updated': { readonly user: { readonly id: string; readonly name?: string; readonly email?: string } };
  'user.deleted': { readonly userId: string };
  'code.created': {
    readonly code: {
      readonly code: string;
      readonly userId: string;
      readonly type: CodeType;
      readonly maxUses?: number;
      readonly expiresAt?: string;
      readonly sourceAppId?: string;
      readonly metadata?: { readonly [key: string]: string };
    };
  };
  'code.updated': {
    readonly code: {
      readonly code: string;
      readonly isActive?: boolean;
      readonly maxUses?: number;
      readonly expiresAt?: string;
    };
  };
  'code.validated': { readonly code: string; readonly ip: string; readonly device?: string };
  'referral.registered': Connection & {
    readonly refereeId: string;
    readonly code: string;
    readonly sourceAppId?: string;
    readonly ipCountry?: string;
    readonly ipAsn?: string;
  };
  'user.seen': Connection & { readonly userId: string; readonly context: SightingContext };
  'credits.used': { readonly userId: string; readonly appId: string; readonly amount: number };
  'credits.purchased': { readonly userId: string; readonly amount: number };
  'pattern.created': {
    readonly pattern: {
      readonly patternType: PatternType;
      readonly patternValue: string;
      readonly severity: Severity;
      readonly scoreImpact: number;
      readonly description?: string;
    };
  };
  'pattern.updated': {
    readonly pattern: { readonly patternType: PatternType; readonly patternValue: string; readonly isActive: boolean };
  };
};

export type DemoEvent = {
  [Type in keyof Bodies]: { readonly id: string; readonly type: Type; readonly at: string } & Bodies[Type];
}[keyof Bodies];

/** An event that waits for its turn: its id and time are written when it comes. */
export type Told = { readonly at: number; readonly zone: Zone; readonly event: DemoEvent };
