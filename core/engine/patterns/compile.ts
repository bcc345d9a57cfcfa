import { RE2JS } from 're2js';
import type { PatternType } from '../../domain/vocabulary.ts';
import { parseRange } from '../address.ts';

/** Longest regular expression that is accepted; matching is linear in the text whatever it says. */
const LONGEST = 500;

/** The expression between slashes, with the flag i where it has one; null where the value is none. */
export function regexSource(value: string): { source: string; ignoreCase: boolean } | null {
  const match = /^\/(.*)\/(i?)$/s.exec(value);
  return match?.[1] === undefined ? null : { source: match[1], ignoreCase: match[2] === 'i' };
}

/** Compiles `/…/`. Linear time: look-around and back-references are refused by the library. Throws where it cannot. */
export function compileRegex(value: string, options: { ignoreCase: boolean }): RE2JS {
  const regex = regexSource(value);
  if (regex === null) throw new Error('not a regular expression between slashes');
  const flags = regex.ignoreCase || options.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0;
  return RE2JS.compile(regex.source, flags);
}

const DOMAIN =
  /^@?([a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)+|[^\s@/]*[^\x20-\x7e][^\s@/]*)$/i;

/** A domain in lower case, without the leading `@` that people type. */
export function domainOf(value: string): string {
  return value.trim().replace(/^@/, '').toLowerCase();
}

/** Why a pattern cannot be saved, or null when it can. */
export function patternFault(type: PatternType, value: string): string | null {
  if (value.trim() === '') return 'empty';
  switch (type) {
    case 'ip_range':
      return parseRange(value) === null ? 'neither an address nor a range such as 192.0.2.0/24' : null;
    case 'email_domain':
      if (regexSource(value) === null) {
        return DOMAIN.test(value.trim()) ? null : 'neither a domain nor a regular expression between slashes';
      }
      return regexFault(value);
    case 'device_pattern':
      return regexSource(value) === null ? null : regexFault(value);
  }
}

function regexFault(value: string): string | null {
  if (value.length > LONGEST) return `a regular expression longer than ${LONGEST} characters`;
  try {
    compileRegex(value, { ignoreCase: false });
    return null;
  } catch {
    return 'a regular expression that does not compile; look-around and back-references are not supported';
  }
}
