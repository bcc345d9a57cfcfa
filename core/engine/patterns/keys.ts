import type { PatternType } from '../../domain/vocabulary.ts';
import type { HashKey } from '../../postgres/hash-key.ts';
import { KEPT_PREFIXES, parseRange } from '../address.ts';
import { domainOf, regexSource } from './compile.ts';

/** What a pattern looks for, in the form it is matched: a row of `umpire.pattern_keys`. */
export type PatternKey = {
  readonly kind: 'address' | 'network' | 'device' | 'domain' | 'email_regex' | 'arrival';
  readonly key: string;
};

/**
 * The keys of a valid pattern. `arrival` ones can be matched only while an event arrives, because what they look at is
 * not kept: ranges of other lengths than the kept ones, and user agents.
 */
export function patternKeys(type: PatternType, value: string, key: HashKey): PatternKey[] {
  switch (type) {
    case 'email_domain':
      return regexSource(value) === null
        ? [{ kind: 'domain', key: domainOf(value) }]
        : [{ kind: 'email_regex', key: value }];
    case 'device_pattern':
      return regexSource(value) === null
        ? [{ kind: 'device', key: key.hash(value) }]
        : [{ kind: 'arrival', key: value }];
    case 'ip_range': {
      const range = parseRange(value);
      if (range === null) return [];
      const whole = range.version === 4 ? 32 : 128;
      if (range.length === whole) {
        return [{ kind: 'address', key: key.hash(range.network.slice(0, range.network.indexOf('/'))) }];
      }
      const kept: readonly number[] = KEPT_PREFIXES[range.version];
      return kept.includes(range.length)
        ? [{ kind: 'network', key: key.hash(range.network) }]
        : [{ kind: 'arrival', key: value }];
    }
  }
}
