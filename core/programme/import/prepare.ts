import type { HashKey } from '../../postgres/hash-key.ts';
import { type CanonicalAddress, canonicalAddress, keptNetworks } from '../../engine/address.ts';
import { emailIdentity } from '../../engine/email/identity.ts';
import { patternKeys } from '../../engine/patterns/keys.ts';
import type { ArrivalMatcher } from '../../engine/patterns/arrival.ts';
import type { Event, EventOf } from '../events.ts';
import { isoOf, microsOf } from '../instant.ts';

/** An event as it is staged: addresses, devices and user agents only as keyed hashes. */
export type StagedEvent = {
  readonly id: string;
  readonly at: string;
  readonly type: Event['type'];
  /** Keyed digest of the whole event: tells a repetition from an id used again. */
  readonly digest: string;
  /** What the SQL of `apply` reads; its fields are named like the columns they fill. */
  readonly content: Readonly<Record<string, unknown>>;
};

type Sighting = Pick<EventOf<'user.seen'>, 'ip' | 'ipType' | 'device' | 'userAgent'>;

/** Turns an event into what is staged. `arrival` matches what cannot be matched later: raw addresses and user agents. */
export function prepare(event: Event, key: HashKey, arrival: ArrivalMatcher): StagedEvent {
  const at = isoOf(microsOf(event.at));
  return {
    id: event.id,
    at,
    type: event.type,
    digest: digestOf({ ...event, at }, key),
    content: contentOf(event, at, key, arrival),
  };
}

/** Tells a repetition from an id used again: equal content has an equal digest. */
export function digestOf(content: object, key: HashKey): string {
  return key.hash(JSON.stringify(canonicalJson(content))).slice(0, 32);
}

function contentOf(event: Event, at: string, key: HashKey, arrival: ArrivalMatcher): Record<string, unknown> {
  switch (event.type) {
    case 'user.created':
    case 'user.updated':
      return {
        user_id: event.user.id,
        name: event.user.name,
        email: event.user.email,
        ...emailColumns(event.user.email),
      };
    case 'user.deleted':
      return { user_id: event.userId };
    case 'code.created': {
      const { code, userId, type, maxUses, expiresAt, sourceAppId, metadata } = event.code;
      return {
        code,
        user_id: userId,
        fields: {
          user_id: userId,
          type,
          max_uses: maxUses ?? null,
          expires_at: instantOrNull(expiresAt),
          source_app_id: sourceAppId ?? null,
          metadata: metadata === undefined ? null : JSON.stringify(metadata),
        },
      };
    }
    case 'code.updated': {
      const { code, isActive, maxUses, expiresAt } = event.code;
      return {
        code,
        fields: {
          ...(isActive === undefined ? {} : { is_active: isActive }),
          ...(maxUses === undefined ? {} : { max_uses: maxUses }),
          ...(expiresAt === undefined ? {} : { expires_at: instantOrNull(expiresAt) }),
        },
      };
    }
    case 'code.validated':
      return { code: event.code, ...addressColumns(event.ip, key), device_hash: deviceHash(event.device, key) };
    case 'referral.registered':
      return {
        user_id: event.refereeId,
        code: event.code,
        source_app_id: event.sourceAppId ?? null,
        context: 'registration',
        ip_country: event.ipCountry ?? null,
        ip_asn: event.ipAsn ?? null,
        ...sightingColumns(event, key),
        pattern_hits: arrival(event, at),
      };
    case 'user.seen':
      return {
        user_id: event.userId,
        context: event.context,
        ip_country: null,
        ip_asn: null,
        ...sightingColumns(event, key),
      };
    case 'credits.used':
      return { user_id: event.userId, app_id: event.appId, amount: event.amount };
    case 'credits.purchased':
      return { user_id: event.userId, amount: event.amount };
    case 'pattern.created': {
      const { patternType, patternValue, severity, scoreImpact, description } = event.pattern;
      return {
        pattern_type: patternType,
        pattern_value: patternValue,
        fields: { severity, score_impact: scoreImpact, description: description ?? null, is_active: true },
        keys: patternKeys(patternType, patternValue, key),
      };
    }
    case 'pattern.updated':
      return {
        pattern_type: event.pattern.patternType,
        pattern_value: event.pattern.patternValue,
        fields: { is_active: event.pattern.isActive },
        keys: [],
      };
  }
}

function instantOrNull(iso: string | null | undefined): string | null {
  return iso === null || iso === undefined ? null : isoOf(microsOf(iso));
}

/** The forms of an e-mail address that the engine compares, by their columns in umpire.users. */
export function emailColumns(email: string | undefined): Record<string, unknown> {
  if (email === undefined) return {};
  const identity = emailIdentity(email);
  return {
    email_local: identity?.local ?? null,
    email_domain: identity?.domain ?? null,
    disposable_domain: identity?.disposableDomain ?? null,
    email_weak: identity?.weak ?? true,
    email_free: identity?.free ?? true,
  };
}

function addressColumns(ip: string, key: HashKey): { ip_hash: string; network_hashes: string[] } {
  const address: CanonicalAddress | null = canonicalAddress(ip);
  if (address === null) throw new Error('an event with an address that is none was let through');
  return { ip_hash: key.hash(address.text), network_hashes: keptNetworks(address).map(key.hash) };
}

function deviceHash(device: string | null | undefined, key: HashKey): string | null {
  return device === null || device === undefined ? null : key.hash(device);
}

function sightingColumns(event: Sighting, key: HashKey): Record<string, unknown> {
  return {
    ...addressColumns(event.ip, key),
    device_hash: deviceHash(event.device, key),
    user_agent_hash: deviceHash(event.userAgent, key),
    ip_type: event.ipType ?? 'unknown',
  };
}

/** The same value with the keys of every object in order, so that equal content has equal text. */
function canonicalJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonicalJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined && field !== null)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, field]) => [name, canonicalJson(field)]),
  );
}
