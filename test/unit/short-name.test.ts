import { expect, test } from 'vitest';
import { shortName } from '../../core/domain/short-name.ts';

test.each([
  ['Till Schneider', 'Till S.'],
  ['  Till   Emil\tSchneider ', 'Till S.'],
  ['Till', 'Till'],
  ['Åse Østby', 'Åse Ø.'],
  // One character however many code points: a combining accent, a family, a flag, a letter beyond the first plane.
  ['Zoe E\u0301clair', 'Zoe E\u0301.'],
  ['Sam 👨‍👩‍👧‍👦', 'Sam 👨‍👩‍👧‍👦.'],
  ['Sam 🇩🇪🇫🇷', 'Sam 🇩🇪.'],
  ['Kim 𐐀𐐁', 'Kim 𐐀.'],
  ['山田 太郎', '山田 太.'],
  ['Erased user', 'Erased user'],
])('%s is shown as %s', (name, shown) => {
  expect(shortName(name)).toBe(shown);
});

test.each(['', '   ', 'till@example.com', 'Till till@example.com'])('%j is shown to nobody', (name) => {
  expect(shortName(name)).toBe(null);
});
