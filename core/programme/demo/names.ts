import { BR } from './data/names/br.ts';
import { DE } from './data/names/de.ts';
import { ES } from './data/names/es.ts';
import { FR } from './data/names/fr.ts';
import { GB } from './data/names/gb.ts';
import { INDIA } from './data/names/india.ts';
import { IT } from './data/names/it.ts';
import { JP } from './data/names/jp.ts';
import type { NameList } from './data/names/list.ts';
import { MX } from './data/names/mx.ts';
import { NL } from './data/names/nl.ts';
import { PL } from './data/names/pl.ts';
import { SE } from './data/names/se.ts';
import { TR } from './data/names/tr.ts';
import { US } from './data/names/us.ts';
import type { Random } from './prng.ts';

export const NAMES = {
  de: DE,
  gb: GB,
  us: US,
  fr: FR,
  es: ES,
  mx: MX,
  br: BR,
  it: IT,
  pl: PL,
  nl: NL,
  se: SE,
  tr: TR,
  in: INDIA,
  jp: JP,
} as const satisfies { readonly [locale: string]: NameList };
export type Locale = keyof typeof NAMES;

export type Name = { readonly given: string; readonly family: string };

export function nameOf(random: Random, locale: Locale): Name {
  const list = NAMES[locale];
  return { given: random.pick(list.given), family: random.pick(list.family) };
}

/** Somebody of the same family: another given name. */
export function kinOf(random: Random, locale: Locale, name: Name): Name {
  const given = random.pick(NAMES[locale].given.filter((other) => other !== name.given));
  return { given, family: name.family };
}

const SPELLED: { readonly [letter: string]: string } = {
  ä: 'ae',
  ö: 'oe',
  ü: 'ue',
  ß: 'ss',
  ł: 'l',
  ı: 'i',
  ø: 'o',
  å: 'a',
};
/** Where ö is a letter of its own people drop its dots; in German they write oe. */
const BARE: { readonly [letter: string]: string } = { ä: 'a', ö: 'o', ü: 'u' };

/** A name as it goes into an address: ASCII, lower case, no spaces. */
export function plain(name: string, locale: Locale): string {
  let out = '';
  for (const letter of name.replaceAll('İ', 'i').toLowerCase().normalize('NFC')) {
    const spelled = (locale === 'de' ? undefined : BARE[letter]) ?? SPELLED[letter];
    out += spelled ?? letter.normalize('NFD').replaceAll(/[^a-z]/g, '');
  }
  return out;
}
