import type { Locale } from '../names.ts';

export type Provider = { readonly domain: string; readonly weight: number };

const GLOBAL: readonly Provider[] = [
  { domain: 'gmail.com', weight: 50 },
  { domain: 'outlook.com', weight: 10 },
  { domain: 'icloud.com', weight: 9 },
  { domain: 'hotmail.com', weight: 7 },
  { domain: 'yahoo.com', weight: 6 },
  { domain: 'proton.me', weight: 4 },
  { domain: 'mail.com', weight: 1.5 },
  { domain: 'fastmail.com', weight: 1 },
];

const LOCAL: { readonly [L in Locale]: readonly Provider[] } = {
  de: [
    { domain: 'gmx.de', weight: 22 },
    { domain: 'web.de', weight: 20 },
    { domain: 't-online.de', weight: 8 },
    { domain: 'posteo.de', weight: 4 },
    { domain: 'gmx.net', weight: 6 },
    { domain: 'mailbox.org', weight: 3 },
    { domain: 'bluewin.ch', weight: 2 },
  ],
  gb: [
    { domain: 'hotmail.co.uk', weight: 12 },
    { domain: 'btinternet.com', weight: 7 },
    { domain: 'yahoo.co.uk', weight: 8 },
    { domain: 'sky.com', weight: 3 },
    { domain: 'eircom.net', weight: 2 },
  ],
  us: [
    { domain: 'aol.com', weight: 5 },
    { domain: 'comcast.net', weight: 4 },
    { domain: 'me.com', weight: 3 },
  ],
  fr: [
    { domain: 'orange.fr', weight: 16 },
    { domain: 'free.fr', weight: 9 },
    { domain: 'laposte.net', weight: 7 },
    { domain: 'hotmail.fr', weight: 8 },
    { domain: 'sfr.fr', weight: 4 },
  ],
  es: [
    { domain: 'hotmail.es', weight: 10 },
    { domain: 'yahoo.es', weight: 6 },
    { domain: 'telefonica.net', weight: 2 },
  ],
  mx: [
    { domain: 'hotmail.com', weight: 25 },
    { domain: 'live.com.mx', weight: 7 },
    { domain: 'yahoo.com.mx', weight: 6 },
  ],
  br: [
    { domain: 'uol.com.br', weight: 9 },
    { domain: 'hotmail.com', weight: 20 },
    { domain: 'bol.com.br', weight: 5 },
    { domain: 'sapo.pt', weight: 3 },
  ],
  it: [
    { domain: 'libero.it', weight: 18 },
    { domain: 'alice.it', weight: 6 },
    { domain: 'tiscali.it', weight: 4 },
    { domain: 'virgilio.it', weight: 4 },
  ],
  pl: [
    { domain: 'wp.pl', weight: 20 },
    { domain: 'onet.pl', weight: 14 },
    { domain: 'o2.pl', weight: 10 },
    { domain: 'interia.pl', weight: 8 },
  ],
  nl: [
    { domain: 'ziggo.nl', weight: 8 },
    { domain: 'kpnmail.nl', weight: 6 },
    { domain: 'hotmail.nl', weight: 5 },
    { domain: 'xs4all.nl', weight: 3 },
  ],
  se: [
    { domain: 'telia.com', weight: 9 },
    { domain: 'hotmail.se', weight: 6 },
    { domain: 'live.se', weight: 6 },
    { domain: 'comhem.se', weight: 3 },
  ],
  tr: [
    { domain: 'hotmail.com', weight: 28 },
    { domain: 'yandex.com', weight: 6 },
  ],
  in: [
    { domain: 'rediffmail.com', weight: 7 },
    { domain: 'yahoo.in', weight: 9 },
    { domain: 'zohomail.in', weight: 2 },
  ],
  jp: [
    { domain: 'yahoo.co.jp', weight: 26 },
    { domain: 'docomo.ne.jp', weight: 8 },
    { domain: 'ezweb.ne.jp', weight: 6 },
    { domain: 'nifty.com', weight: 4 },
  ],
};

export function providersOf(locale: Locale): readonly Provider[] {
  return [...GLOBAL, ...LOCAL[locale]];
}

type Institutions = { readonly companies: readonly string[]; readonly university: string };

/** Companies and universities that do not exist, under a top-level domain that never will. */
export const INSTITUTIONS: { readonly [L in Locale]: Institutions } = {
  de: {
    companies: ['nordwind-energie.example', 'hartmann-logistik.example', 'praxis-am-see.example'],
    university: 'stud.uni-altstadt.example',
  },
  gb: {
    companies: ['brightleaf-studio.example', 'meridian-consulting.example'],
    university: 'student.northgate-uni.example',
  },
  us: {
    companies: ['kestrel-analytics.example', 'lakeside-dental.example'],
    university: 'students.lakeview-college.example',
  },
  fr: {
    companies: ['atelier-moreau.example', 'rivedroite-conseil.example'],
    university: 'etu.univ-rivedroite.example',
  },
  es: { companies: ['sol-y-sombra.example'], university: 'alumnos.uni-almena.example' },
  mx: { companies: ['altiplano-foods.example'], university: 'alumnos.uni-altiplano.example' },
  br: { companies: ['ipanema-digital.example'], university: 'aluno.uni-serra.example' },
  it: { companies: ['cantieri-riva.example'], university: 'studenti.uni-montefiore.example' },
  pl: { companies: ['wisla-transport.example'], university: 'stud.wawel-tech.example' },
  nl: { companies: ['polder-bouw.example'], university: 'student.polder-uni.example' },
  se: { companies: ['aurora-medtech.example'], university: 'student.norrsken-uni.example' },
  tr: { companies: ['bosphorus-trade.example'], university: 'ogrenci.uni-halic.example' },
  in: { companies: ['deccan-software.example'], university: 'students.vindhya-institute.example' },
  jp: { companies: ['sakura-systems.example'], university: 'stu.uni-kawabe.example' },
};

/** On the list of `disposable-email-domains-js`. */
export const DISPOSABLE = [
  'mailinator.com',
  'guerrillamail.com',
  'yopmail.com',
  'sharklasers.com',
  '10minutemail.com',
  'tempmailo.com',
  'trashmail.com',
  'getnada.com',
  'moakt.cc',
  'maildrop.cc',
  'mailnesia.com',
  'dropmail.me',
  'emltmp.com',
  'byom.de',
  'wegwerfmail.de',
] as const;

/** Throw-away domains so new that no public list has them; an analyst's pattern names the first. */
export const FRESH_DISPOSABLE = ['swift-inbox.example', 'm8box.example', 'postal-drop.example'] as const;
