import { z } from 'zod';
import { AUTO_CODE_LENGTH, canonicalCode, CODE_ALPHABET } from '../domain/code-text.ts';
import { CODE_TYPES, IP_TYPES, PATTERN_TYPES, SEVERITIES, SIGHTING_CONTEXTS } from '../domain/vocabulary.ts';
import { canonicalAddress } from '../engine/address.ts';
import { patternFault } from '../engine/patterns/compile.ts';
import { microsOf } from './instant.ts';

/** The events of SPEC 7. Fields that are not named there are ignored. */

const EARLIEST = Date.UTC(1970, 0, 1) * 1000;
const LATEST = Date.UTC(9999, 0, 1) * 1000;

/** Text that PostgreSQL can keep: no NUL, no half of a surrogate pair. */
const text = (max: number): z.ZodString =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((value) => !value.includes('\u0000') && value.isWellFormed(), 'has a character that cannot be stored');

const id = text(255);
const at = z.iso
  .datetime({ offset: true })
  .refine((value) => microsOf(value) >= EARLIEST && microsOf(value) < LATEST, 'outside the years 1970 to 9998');
const email = text(320).regex(/^[^\s@]+@[^\s@]+$/, 'not an e-mail address');
const appId = text(100);
const device = text(500);
const userAgent = text(2000);
const ip = text(64).refine((value) => canonicalAddress(value) !== null, 'not an IP address');
const ipType = z.enum(IP_TYPES);
const ipCountry = z
  .string()
  .regex(/^[A-Za-z]{2}$/, 'not a country code of two letters')
  .transform((value) => value.toUpperCase());
const ipAsn = z.union([text(50), z.number().int().min(0).transform(String)]);
const credits = z.int().min(1).max(10_000_000);
const maxUses = z.int().min(0).max(2_147_483_647);

export const codeText = text(100).transform(canonicalCode);
export const CODE_FORMS = {
  auto: new RegExp(`^[${CODE_ALPHABET}]{${AUTO_CODE_LENGTH}}$`),
  custom: /^[A-Z0-9-]{3,20}$/,
  campaign: /^[A-Z0-9-]{3,20}$/,
};

const newCode = z
  .object({
    code: codeText,
    userId: id,
    type: z.enum(CODE_TYPES),
    maxUses: maxUses.nullish(),
    expiresAt: at.nullish(),
    sourceAppId: appId.nullish(),
    metadata: z.json().optional(),
  })
  .refine(({ code, type }) => CODE_FORMS[type].test(code), { path: ['code'], message: 'not a code of its type' })
  .refine(({ metadata }) => metadata === undefined || JSON.stringify(metadata).length <= 65_536, {
    path: ['metadata'],
    message: 'longer than 65,536 characters',
  });

const newPattern = z
  .object({
    patternType: z.enum(PATTERN_TYPES),
    patternValue: text(500),
    severity: z.enum(SEVERITIES),
    scoreImpact: z.int().min(1).max(1000),
    description: text(2000).nullish(),
  })
  .check((context) => {
    const fault = patternFault(context.value.patternType, context.value.patternValue);
    if (fault !== null) {
      context.issues.push({ code: 'custom', message: fault, path: ['patternValue'], input: context.value });
    }
  });

export const event = z.discriminatedUnion('type', [
  z.object({ id, type: z.literal('user.created'), at, user: z.object({ id, name: text(500), email }) }),
  z.object({
    id,
    type: z.literal('user.updated'),
    at,
    user: z.object({ id, name: text(500).optional(), email: email.optional() }),
  }),
  z.object({ id, type: z.literal('user.deleted'), at, userId: id }),
  z.object({ id, type: z.literal('code.created'), at, code: newCode }),
  z.object({
    id,
    type: z.literal('code.updated'),
    at,
    code: z.object({
      code: codeText,
      isActive: z.boolean().optional(),
      maxUses: maxUses.nullish(),
      expiresAt: at.nullish(),
    }),
  }),
  z.object({ id, type: z.literal('code.validated'), at, code: codeText, ip, device: device.nullish() }),
  z.object({
    id,
    type: z.literal('referral.registered'),
    at,
    refereeId: id,
    code: codeText,
    sourceAppId: appId.nullish(),
    ip,
    ipType: ipType.nullish(),
    ipCountry: ipCountry.nullish(),
    ipAsn: ipAsn.nullish(),
    device: device.nullish(),
    userAgent: userAgent.nullish(),
  }),
  z.object({
    id,
    type: z.literal('user.seen'),
    at,
    userId: id,
    context: z.enum(SIGHTING_CONTEXTS),
    ip,
    ipType: ipType.nullish(),
    device: device.nullish(),
    userAgent: userAgent.nullish(),
  }),
  z.object({ id, type: z.literal('credits.used'), at, userId: id, appId, amount: credits }),
  z.object({ id, type: z.literal('credits.purchased'), at, userId: id, amount: credits }),
  z.object({ id, type: z.literal('pattern.created'), at, pattern: newPattern }),
  z.object({
    id,
    type: z.literal('pattern.updated'),
    at,
    pattern: z.object({ patternType: z.enum(PATTERN_TYPES), patternValue: text(500), isActive: z.boolean() }),
  }),
]);

export type Event = z.output<typeof event>;
export type EventType = Event['type'];
export type EventOf<T extends EventType> = Extract<Event, { type: T }>;

/** What is wrong with a line, by field, e.g. `user.email: not an e-mail address`. Never quotes the value. */
export function describeFault(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => {
      const path = issue.path.join('.');
      if (issue.code === 'invalid_union' && path === 'type') return 'type: unknown';
      if (issue.code === 'invalid_type' && issue.input === undefined) return `${path}: missing`;
      return path === '' ? issue.message : `${path}: ${issue.message}`;
    })
    .join('; ');
}
