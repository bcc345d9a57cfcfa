import type { PatternType } from '../../domain/vocabulary.ts';
import { type AddressRange, canonicalAddress, parseRange } from '../address.ts';
import { compileRegex, regexSource } from './compile.ts';

/** A pattern that is matched while events arrive. In one import it counts from (at, id) of the event that made it. */
export type ArrivalPattern = {
  readonly id: string;
  readonly type: PatternType;
  readonly value: string;
  /** Null for a pattern that was there before the import: it sees everything that arrives. */
  readonly from: { readonly at: string; readonly eventId: string } | null;
};

type Arriving = { readonly id: string; readonly ip: string; readonly userAgent?: string | null | undefined };

/** Ids of the patterns that match the raw address or user agent of an arriving event; `at` is in canonical form. */
export type ArrivalMatcher = (event: Arriving, at: string) => string[];

export function arrivalMatcher(patterns: readonly ArrivalPattern[]): ArrivalMatcher {
  const compiled = patterns.flatMap((pattern) => {
    const test = compile(pattern);
    return test === null ? [] : [{ ...pattern, test }];
  });
  return (event, at) => {
    const hits = new Set<string>();
    for (const { id, from, test } of compiled) {
      const counts =
        from === null ||
        from.at < at ||
        (from.at === at && Buffer.compare(Buffer.from(from.eventId), Buffer.from(event.id)) < 0);
      if (counts && test(event)) hits.add(id);
    }
    return [...hits];
  };
}

function compile({ type, value }: ArrivalPattern): ((event: Arriving) => boolean) | null {
  switch (type) {
    case 'ip_range': {
      const range: AddressRange | null = parseRange(value);
      if (range === null) return null;
      return ({ ip }) => {
        const address = canonicalAddress(ip);
        return address !== null && range.contains(address);
      };
    }
    case 'device_pattern': {
      if (regexSource(value) === null) return null;
      const regex = compileRegex(value, { ignoreCase: false });
      return ({ userAgent }) => typeof userAgent === 'string' && regex.matcher(userAgent).find();
    }
    case 'email_domain':
      return null;
  }
}
