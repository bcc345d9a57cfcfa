import type { PatternType, Severity } from '../../domain/vocabulary.ts';
import { FRESH_DISPOSABLE } from './data/mail.ts';
import { RENTED } from './data/networks.ts';
import type { Told } from './events.ts';
import { DAY, HOUR } from './time.ts';
import { UTC } from './zones.ts';

type Pattern = {
  /** Days and hours into the programme. */
  readonly day: number;
  readonly patternType: PatternType;
  readonly patternValue: string;
  readonly severity: Severity;
  readonly scoreImpact: number;
  readonly description: string;
  /** Switched off again on that day. */
  readonly off?: number;
};

/** What the fraud team has learnt on the way; the last is a mistake that they took back. */
const PATTERNS: readonly Pattern[] = [
  {
    day: 24.4,
    patternType: 'device_pattern',
    patternValue: '/HeadlessChrome/',
    severity: 'high',
    scoreImpact: 40,
    description: 'Browsers without a screen',
  },
  {
    day: 47.6,
    patternType: 'email_domain',
    patternValue: FRESH_DISPOSABLE[0],
    severity: 'medium',
    scoreImpact: 30,
    description: 'Throw-away mail, not on the public list yet',
  },
  {
    day: 61.35,
    patternType: 'ip_range',
    patternValue: RENTED.listed.v4,
    severity: 'high',
    scoreImpact: 35,
    description: 'Hosting that does not answer abuse reports',
  },
  {
    day: 98.5,
    patternType: 'email_domain',
    patternValue: '/^[a-z]{3}[0-9]{6}@/',
    severity: 'medium',
    scoreImpact: 15,
    description: 'Mailboxes named by a machine',
  },
  {
    day: 126.45,
    patternType: 'ip_range',
    patternValue: RENTED.wide.v4,
    severity: 'medium',
    scoreImpact: 25,
    description: 'Rented in blocks since the spring',
  },
  {
    day: 139.65,
    patternType: 'device_pattern',
    patternValue: '/Android 7\\.1.*SM-(G930F|J710F|A320FL)/',
    severity: 'medium',
    scoreImpact: 15,
    description: 'Old phones seen in racks',
  },
  {
    day: 171.5,
    patternType: 'email_domain',
    patternValue: 'mail.com',
    severity: 'low',
    scoreImpact: 10,
    description: 'Used by one farm',
    off: 183.4,
  },
];

export function toldPatterns(start: number): Told[] {
  return PATTERNS.flatMap(({ day, off, ...pattern }) => {
    const made = start + Math.floor(day * 24) * HOUR;
    const told: Told[] = [{ at: made, zone: UTC, event: { id: '', type: 'pattern.created', at: '', pattern } }];
    if (off !== undefined) {
      const at = start + Math.floor(off * DAY);
      const { patternType, patternValue } = pattern;
      told.push({
        at,
        zone: UTC,
        event: {
          id: '',
          type: 'pattern.updated',
          at: '',
          pattern: { patternType, patternValue, isActive: false },
        },
      });
    }
    return told;
  });
}
