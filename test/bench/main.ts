/** Measures what DESIGN's budgets speak of: `npm run bench`, `npm run bench -- --json`, `npm run bench -- --referrals 5000`,
 * `--only pull`, `--only window`. */
import { parseArgs } from 'node:util';
import { measureBulk } from './bulk.ts';
import { measureCache } from './cache.ts';
import { measureCold } from './cold.ts';
import { measureFacts } from './facts.ts';
import { measureProgramme } from './programme.ts';
import { measurePull } from './pull.ts';
import { measureWindow } from './window.ts';
import { type Figure, print } from './figure.ts';
import { withServer } from './server.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    referrals: { type: 'string', default: '50000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
  },
});

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const PARTS = {
  programme: measureProgramme,
  bulk: measureBulk,
  facts: measureFacts,
  cache: measureCache,
  pull: measurePull,
  cold: measureCold,
  window: measureWindow,
};
const figures: Figure[] = await withServer(async (url) => {
  const found: Figure[] = [];
  for (const [name, measure] of Object.entries(PARTS)) {
    if (values.only !== undefined && values.only !== name) continue;
    found.push(...(await measure(url, { referrals: Number(values.referrals), rounds: Number(values.rounds), say })));
  }
  return found;
});
process.stdout.write(values.json ? `${JSON.stringify({ figures })}\n` : `${print(figures)}\n`);
process.exitCode = figures.some(({ met }) => met === false) ? 1 : 0;
