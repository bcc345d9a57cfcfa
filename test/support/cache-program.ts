/** Decides one case after the other in a cache, and says each one that was taken: `cache-program.ts FOLDER KEY FIRST`. */
import { openCache } from '../../core/cache/cache.ts';
import { CacheError } from '../../core/cache/error.ts';
import { decisionOn, headOf, pull } from './cache.ts';

const [folder = '', key = '', first = '0'] = process.argv.slice(2);
const EACH = 500;

try {
  const cache = openCache({ folder, key });
  for (let number = Number(first); ; number += EACH) {
    const numbers = Array.from({ length: EACH }, (_, nth) => number + nth);
    pull(
      cache,
      numbers.map((each) => headOf(each)),
      { full: false },
    );
    for (const each of numbers) {
      cache.decide(decisionOn(each));
      process.stdout.write(`${each}\n`);
    }
  }
} catch (error) {
  if (!(error instanceof CacheError)) throw error;
  process.stderr.write(`${error.code}\n`);
}
