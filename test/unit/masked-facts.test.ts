import { describe, expect, test } from 'vitest';
import type { Json } from '../../core/domain/json.ts';
import { type CaseFacts, caseFacts, FACTS_VERSION } from '../../core/review/case-facts.ts';
import { caseFileOfKept } from '../../core/review/kept-case.ts';
import { maskedEmail, maskedFacts } from '../../core/review/masked-facts.ts';

const AT = '2026-03-12T09:31:00.000Z';
const ID = '00000000-0000-4000-8000-000000000001';

function party(id: string, name: string, email: string): CaseFacts['referrer'] {
  return {
    person: {
      id,
      name,
      email,
      created_at: AT,
      tier: 'bronze',
      credits: 0,
      country: 'DE',
      asn: null,
      purchases: 0,
      purchased: 0,
      first_purchase_at: null,
      last_purchase_at: null,
      made: 1,
      qualified: 0,
      approved: 0,
      rejected: 0,
      open: 1,
    },
    usages: [],
    devices: [],
    addresses: ['7f3a…c2'],
    sightings: [],
    places: { hidden: 0, residential: 1, countries: ['DE'] },
  };
}

/** Lena brought in Till; these signals fired. */
function facts(...evidence: readonly { signal: string; evidence: Json }[]): CaseFacts {
  return caseFacts.parse({
    facts: FACTS_VERSION,
    head: {
      item_id: ID,
      relationship_id: ID,
      version: 1,
      stamp: '7',
      previous_item_id: null,
      status: 'pending',
      priority: 'high',
      score: 60,
      notes: null,
      assigned_to: null,
      created_at: AT,
      due_at: AT,
      rule_set_version: 1,
      current_score: 60,
      thresholds: null,
      mode: 'programme',
      scored_at: AT,
      referrer_id: 'lena',
      referee_id: 'till',
      flagged: false,
      stage: 'registered',
      registered_at: AT,
      activated_at: null,
      qualified_at: null,
      retained_at: null,
      source_app_id: 'chat',
      code_id: ID,
      code: 'K7P2QX',
      code_type: 'auto',
      code_created_at: AT,
      code_uses: 1,
    },
    referrer: party('lena', 'Lena Marie Kühn', 'lena.kuehn@gmail.com'),
    referee: party('till', 'Till Schneider', 'till.schneider@mail.example'),
    likenesses: [],
    crowds: [],
    evidence: evidence.map((one) => ({ ...one, points: 25 })),
    bonuses: [],
    movements: [],
    decisions: [],
    graph: {
      nodes: [
        { id: 'user:mia', kind: 'user', label: 'Mia Rossi', role: 'other', band: null, flagged: false, accounts: 1 },
        { id: 'code:1', kind: 'code', label: 'K7P2QX', role: 'other', band: null, flagged: false, accounts: 1 },
      ],
      edges: [[1, 0, 'referred', AT]],
      omitted: 0,
    },
    secondReview: 'none',
  });
}

const emails = (masked: CaseFacts): string[] => [masked.referrer.person.email, masked.referee.person.email];
const HIDDEN_BOTH = ['l…n@gmail.com', 't…r@mail.example'];

describe('facts as they lie in a cache', () => {
  test('names are cut, those of neighbours in the graph too, and codes are not names', () => {
    const masked = maskedFacts(facts());
    expect([masked.referrer.person.name, masked.referee.person.name]).toEqual(['Lena K.', 'Till S.']);
    expect(masked.graph.nodes.map(({ label }) => label)).toEqual(['Mia R.', 'K7P2QX']);
    expect(JSON.stringify(masked)).not.toMatch(/Kühn|Marie|Schneider|Rossi|kuehn|schneider/);
  });

  test('an address is hidden before the @, where no signal is about it', () => {
    expect(emails(maskedFacts(facts()))).toEqual(HIDDEN_BOTH);
    const others = facts({ signal: 'same_ip', evidence: { ipHash: 'aa' } });
    expect(emails(maskedFacts(others))).toEqual(HIDDEN_BOTH);
  });

  test.each([
    ['similar_email', { other: 'referrer' }, ['lena.kuehn@gmail.com', 'till.schneider@mail.example']],
    ['similar_email', { other: 'referee' }, ['l…n@gmail.com', 'till.schneider@mail.example']],
    ['disposable_email', { domain: 'mail.example' }, ['l…n@gmail.com', 'till.schneider@mail.example']],
    [`pattern:${ID}`, { matched: 'email_regex' }, ['l…n@gmail.com', 'till.schneider@mail.example']],
    [`pattern:${ID}`, { matched: 'domain' }, ['l…n@gmail.com', 'till.schneider@mail.example']],
    [`pattern:${ID}`, { matched: 'network' }, HIDDEN_BOTH],
    ['similar_email', null, ['l…n@gmail.com', 'till.schneider@mail.example']],
  ])('%s of %j shows what it is about', (signal, evidence, shown) => {
    expect(emails(maskedFacts(facts({ signal, evidence })))).toEqual(shown);
  });

  test('nothing else is changed', () => {
    const before = facts({ signal: 'vpn_proxy', evidence: { ipType: 'tor' } });
    const masked = maskedFacts(before);
    const unnamed = (one: CaseFacts): unknown =>
      JSON.parse(JSON.stringify(one), (key, value: unknown) =>
        ['name', 'email', 'label'].includes(key) ? null : value,
      );
    expect(unnamed(masked)).toEqual(unnamed(before));
  });
});

test.each([
  ['anna@example.com', 'a…a@example.com'],
  ['ann@example.com', '…@example.com'],
  ['"a@b"@example.com', '"…"@example.com'],
  ['nobody', '…'],
  ['', '…'],
  ['x81@erased.invalid', 'x81@erased.invalid'],
])('%j is shown as %j', (email, shown) => {
  expect(maskedEmail(email)).toBe(shown);
});

describe('a kept case', () => {
  const reader = { now: new Date(AT), zone: 'Europe/Berlin', records: new Map(), claim: null };

  test('is the case that its facts are of', () => {
    const file = caseFileOfKept(JSON.stringify(maskedFacts(facts())), reader);
    expect(file).toMatchObject({ itemId: ID, band: 'high', referrer: { name: 'Lena K.' }, claim: null });
    expect(file?.graph.edges).toEqual([{ source: 'code:1', target: 'user:mia', kind: 'referred', at: AT }]);
  });

  test.each([
    ['of another version', { ...facts(), facts: FACTS_VERSION + 1 }],
    ['without a part', { ...facts(), graph: undefined }],
    ['of no version', {}],
  ])('%s is none', (_, stored) => {
    expect(caseFileOfKept(JSON.stringify(stored), reader)).toBeNull();
  });

  test('that is cut off is none', () => {
    expect(caseFileOfKept(JSON.stringify(facts()).slice(0, -1), reader)).toBeNull();
  });
});
