import { AUTO_CODE_LENGTH, CODE_ALPHABET } from '../../domain/code-text.ts';
import { plain } from './names.ts';
import type { Random } from './prng.ts';
import type { Person } from './people.ts';

const TAILS = ['24', '25', '7', 'GO', 'XO', 'TEAM', 'BONUS', 'CLUB', 'HELLO', 'PRO', '2GO', 'FAN'];
const CAMPAIGNS = [
  'SPRING',
  'PODCAST',
  'NEWSLETTER',
  'STUDENT',
  'SUMMER',
  'CREATOR',
  'BACK2SCHOOL',
  'AUTUMN',
  'LAUNCH',
];

/** The texts of codes, each given out once. */
export class CodeTexts {
  readonly #taken = new Set<string>();

  auto(random: Random): string {
    for (;;) {
      const text = Array.from({ length: AUTO_CODE_LENGTH }, () =>
        CODE_ALPHABET.charAt(random.int(0, CODE_ALPHABET.length - 1)),
      ).join('');
      if (!this.#taken.has(text)) return this.#add(text);
    }
  }

  /** What somebody makes of their own name. */
  custom(random: Random, person: Person): string {
    const given = plain(person.name.given, person.place.locale).toUpperCase();
    return this.#free(random, `${given.slice(0, 9)}${random.pick(['-', ''])}${random.pick(TAILS)}`);
  }

  campaign(random: Random): string {
    return this.#free(random, `${random.pick(CAMPAIGNS)}-${random.int(10, 40)}`);
  }

  #free(random: Random, wish: string): string {
    let text = wish;
    while (this.#taken.has(text)) text = `${wish}${random.int(2, 9999)}`;
    return this.#add(text);
  }

  #add(text: string): string {
    this.#taken.add(text);
    return text;
  }
}
