import { DAY } from '../time.ts';

/** Browsers by the major version they had on a day: first version, its day, and the days from one to the next. */
type Release = { readonly version: number; readonly day: number; readonly days: number };

const CHROME: Release = { version: 143, day: Date.UTC(2025, 11, 2), days: 28.5 };
const FIREFOX: Release = { version: 146, day: Date.UTC(2025, 11, 9), days: 28.5 };
const SAFARI: Release = { version: 26, day: Date.UTC(2025, 8, 15), days: 365 };

function major(release: Release, at: number): number {
  return Math.max(100, release.version + Math.floor((at - release.day) / (release.days * DAY)));
}

/** From 18.6 Safari went straight to 26, and to the next each autumn. */
function safari(at: number): string {
  const days = (at - SAFARI.day) / DAY;
  if (days < 0) return '18.6';
  return `${SAFARI.version + Math.floor(days / SAFARI.days)}.${Math.floor((days % SAFARI.days) / 55)}`;
}

function chrome(system: string, at: number, mobile = ''): string {
  return `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${major(CHROME, at)}.0.0.0 ${mobile}Safari/537.36`;
}

function firefox(system: string, at: number): string {
  const version = major(FIREFOX, at);
  return `Mozilla/5.0 (${system}; rv:${version}.0) Gecko/20100101 Firefox/${version}.0`;
}

/** One string for all who use the same version, instead of one for each visit. */
function remembered(build: (at: number) => string): (at: number) => string {
  const byDay = new Map<number, string>();
  return (at) => {
    const day = Math.floor(at / DAY);
    const known = byDay.get(day);
    if (known !== undefined) return known;
    const name = build(day * DAY);
    byDay.set(day, name);
    return name;
  };
}

export type Kind = 'phone' | 'desktop' | 'tablet';
export type Agent = {
  readonly kind: Kind;
  readonly weight: number;
  /** What it calls itself at that instant. */
  readonly name: (at: number) => string;
};

const WINDOWS = 'Windows NT 10.0; Win64; x64';
const MAC = 'Macintosh; Intel Mac OS X 10_15_7';

const BROWSERS: readonly Agent[] = [
  {
    kind: 'phone',
    weight: 34,
    name: (at) =>
      `Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/${safari(at)} Mobile/15E148 Safari/604.1`,
  },
  { kind: 'phone', weight: 42, name: (at) => chrome('Linux; Android 10; K', at, 'Mobile ') },
  {
    kind: 'phone',
    weight: 10,
    name: (at) =>
      `Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/${major(CHROME, at) - 7}.0.0.0 Mobile Safari/537.36`,
  },
  { kind: 'phone', weight: 4, name: (at) => firefox('Android 15; Mobile', at) },
  { kind: 'desktop', weight: 38, name: (at) => chrome(WINDOWS, at) },
  { kind: 'desktop', weight: 14, name: (at) => `${chrome(WINDOWS, at)} Edg/${major(CHROME, at)}.0.0.0` },
  { kind: 'desktop', weight: 15, name: (at) => chrome(MAC, at) },
  {
    kind: 'desktop',
    weight: 14,
    name: (at) => `Mozilla/5.0 (${MAC}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/${safari(at)} Safari/605.1.15`,
  },
  { kind: 'desktop', weight: 9, name: (at) => firefox(WINDOWS, at) },
  { kind: 'desktop', weight: 4, name: (at) => firefox('X11; Linux x86_64', at) },
  { kind: 'desktop', weight: 3, name: (at) => chrome('X11; Linux x86_64', at) },
  {
    kind: 'tablet',
    weight: 10,
    name: (at) => `Mozilla/5.0 (${MAC}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/${safari(at)} Safari/605.1.15`,
  },
  { kind: 'tablet', weight: 6, name: (at) => chrome('Linux; Android 10; K', at) },
];

export const AGENTS: readonly Agent[] = BROWSERS.map((agent) => ({ ...agent, name: remembered(agent.name) }));

/** Old phones on a rack: their system no longer gets updates. */
export const FARM_PHONES: readonly Agent[] = ['SM-G930F', 'SM-J710F', 'SM-A320FL'].map((model) => ({
  kind: 'phone',
  weight: 1,
  name: () =>
    `Mozilla/5.0 (Linux; Android 7.1.2; ${model}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.6045.193 Mobile Safari/537.36`,
}));

export const HEADLESS: Agent = {
  kind: 'desktop',
  weight: 1,
  name: remembered(
    (at) =>
      `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/${major(CHROME, at)}.0.0.0 Safari/537.36`,
  ),
};
