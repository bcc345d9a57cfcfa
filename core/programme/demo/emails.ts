import { providersOf } from './data/mail.ts';
import { plain } from './names.ts';
import type { Locale, Name } from './names.ts';
import type { Random } from './prng.ts';

type Style = { readonly weight: number; readonly local: (given: string, family: string, random: Random) => string };

/** How people write themselves before the @. */
const STYLES: readonly Style[] = [
  { weight: 30, local: (given, family) => `${given}.${family}` },
  { weight: 12, local: (given, family) => given + family },
  { weight: 9, local: (given, family) => `${given.charAt(0)}.${family}` },
  { weight: 8, local: (given, family, random) => `${given.charAt(0)}${family}${year(random)}` },
  { weight: 10, local: (given, family, random) => `${given}.${family}${year(random)}` },
  { weight: 7, local: (given, family, random) => `${given}${family.charAt(0)}${random.int(1, 999)}` },
  { weight: 6, local: (given, family) => `${family}.${given}` },
  { weight: 5, local: (given, family) => `${given}_${family}` },
  { weight: 5, local: (given, family) => `${given}.${family.charAt(0)}` },
  { weight: 4, local: (given, _family, random) => `${given}${random.pick(NICKS)}${random.int(1, 99)}` },
  { weight: 4, local: (given, family) => `${given}-${family}` },
];
const NICKS = ['mail', 'online', 'sun', 'rocks', 'foto', 'music', 'art', 'bike', 'home', 'travel', 'sky', 'moon'];

/** A year of birth as people write it. */
function year(random: Random): string {
  const born = random.int(1962, 2007);
  return random.chance(0.6) ? String(born).slice(2) : String(born);
}

/** Everybody's address, each given out once. */
export class Emails {
  readonly #taken = new Set<string>();

  /** An address in somebody's own name, at a provider of the country unless `domain` says otherwise. */
  personal(random: Random, name: Name, locale: Locale, domain?: string): string {
    const at = domain ?? random.weighted(providersOf(locale)).domain;
    const style = domain === undefined ? random.weighted(STYLES) : random.pick(STYLES.slice(0, 3));
    const local = style.local(plain(name.given, locale), plain(name.family, locale), random);
    return this.take(random, local, at);
  }

  /** Letters and digits from a machine. */
  machine(random: Random, domain: string): string {
    for (;;) {
      const letters = Array.from({ length: 3 }, () => random.pick(CONSONANTS)).join('');
      const email = `${letters}${random.int(100_000, 999_999)}@${domain}`;
      if (!this.#taken.has(email)) return this.#add(email);
    }
  }

  /** Another spelling of a mailbox that ends up in the same hands: dots, plus-tags, digits at the end. */
  variant(random: Random, email: string): string {
    const [local = '', domain = ''] = email.split('@');
    const bare = local.replaceAll(/\+.*$/g, '').replaceAll(/\d+$/g, '');
    const way = random.next();
    if (domain === 'gmail.com' && way < 0.35) {
      const letters = bare.replaceAll('.', '');
      const cut = random.int(1, Math.max(1, letters.length - 1));
      return this.take(random, `${letters.slice(0, cut)}.${letters.slice(cut)}`, domain);
    }
    if (way < 0.6 && domain !== 'yahoo.com') {
      return this.take(random, `${bare}+${random.pick(TAGS)}${random.chance(0.5) ? random.int(1, 40) : ''}`, domain);
    }
    return this.take(random, `${bare}${random.int(1, 99)}`, domain);
  }

  /** This address, or with as few digits as make it free. */
  take(random: Random, local: string, domain: string): string {
    let email = `${local}@${domain}`;
    for (let most = 9; this.#taken.has(email); most = Math.min(most * 10 + 9, 99_999)) {
      email = `${local}${random.int(1, most)}@${domain}`;
    }
    return this.#add(email);
  }

  #add(email: string): string {
    this.#taken.add(email);
    return email;
  }
}

const CONSONANTS = Array.from('bcdfghjkmnpqrstvwxz');
const TAGS = ['a', 'b', 'new', 'ref', 'app', 'test', 'promo', 'x', 'bonus', 'second'];
