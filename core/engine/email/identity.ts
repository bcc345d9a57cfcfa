import { disposableEmailBlocklistSet } from 'disposable-email-domains-js';
import { DOMAINS as freeDomains } from 'free-email-domains-list';

/** The forms of an e-mail address that the engine compares (SPEC 3, similar_email and disposable_email). */
export type EmailIdentity = {
  /** Canonical local part. */
  readonly local: string;
  readonly domain: string;
  /** The listed domain, the address's own or a parent of it; null where none is listed. */
  readonly disposableDomain: string | null;
  /** Too short or too common to be compared by likeness. */
  readonly weak: boolean;
  /** The domain gives addresses to anybody. */
  readonly free: boolean;
};

/** Shorter canonical local parts are compared only for equality on one non-free domain (SPEC 3). */
const SHORTEST_COMPARED = 5;

/** Addresses of a role and not of a person. */
const ROLE_NAMES = new Set(
  `abuse accounting accounts admin administrator billing bookings careers contact customerservice dev developer email
  enquiries events feedback finance general hello help helpdesk hey hi hola hr info inquiries inquiry invoice invoices
  it jobs kontakt legal mail mailbox marketing me media member members newsletter no-reply noreply office orders
  partner partners payments people postmaster press privacy pr purchasing reception recruiting root sales security
  service services shop spam staff subscribe support sysadmin team tech test user users web webmaster work`.split(
    /\s+/,
  ),
);

/** Providers that ignore dots in the local part. */
const DOTLESS = new Set(['gmail.com', 'googlemail.com', 'proton.me', 'protonmail.com', 'pm.me']);

/** Providers that deliver `name-tag@` as `name@`; everybody else's tag begins with `+`. */
const HYPHEN_TAGS = new Set(['yahoo.com', 'ymail.com', 'rocketmail.com']);

/** Providers that do not know `+` tags: there it is a character like any other. */
const TAGLESS = new Set([
  'web.de',
  'gmx.de',
  'gmx.net',
  'gmx.at',
  'gmx.ch',
  't-online.de',
  'freenet.de',
  'libero.it',
  'orange.fr',
  'wanadoo.fr',
]);

const disposable = disposableEmailBlocklistSet();

/** Reserved for documentation and tests (RFC 2606): nobody gives addresses there, whatever the list says. */
const RESERVED = /(^|\.)(example\.(com|net|org)|(test|example|invalid|localhost))$/;

/** The identity of an address; null where the text has no local part or domain. */
export function emailIdentity(address: string): EmailIdentity | null {
  const lower = address.trim().toLowerCase();
  const split = lower.lastIndexOf('@');
  if (split <= 0 || split === lower.length - 1) return null;
  const domain = lower.slice(split + 1).replace(/\.$/, '');
  const local = canonicalLocal(lower.slice(0, split), domain);
  return {
    local,
    domain,
    disposableDomain: listedDomain(domain),
    weak: local.length < SHORTEST_COMPARED || ROLE_NAMES.has(local),
    free: freeDomains.has(domain) && !RESERVED.test(domain),
  };
}

/** Lower case, tag and dots removed where the provider ignores them, trailing digits removed. */
function canonicalLocal(local: string, domain: string): string {
  let name = local;
  if (HYPHEN_TAGS.has(domain)) name = untagged(name, '-');
  if (!TAGLESS.has(domain)) name = untagged(name, '+');
  if (DOTLESS.has(domain)) name = name.replaceAll('.', '');
  const bare = name.replace(/\d+$/, '');
  return bare === '' ? name : bare;
}

function untagged(local: string, separator: string): string {
  const tag = local.indexOf(separator);
  return tag > 0 ? local.slice(0, tag) : local;
}

function listedDomain(domain: string): string | null {
  for (let parent = domain; parent.includes('.'); parent = parent.slice(parent.indexOf('.') + 1)) {
    if (disposable.has(parent)) return parent;
  }
  return null;
}
