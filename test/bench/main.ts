/** Measures what DESIGN's budgets speak of: `npm run bench`, `npm run bench -- --json`, `npm run bench -- --referrals 5000`. */
import { parseArgs } from 'node:util';
import { measureProgramme } from './programme.ts';
import { type Figure, print } from './figure.ts';
import { withServer } from './server.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    referrals: { type: 'string', default: '50000' },
    rounds: { type: 'string', default: '3' },
  },
});

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const figures: Figure[] = await withServer((url) =>
  measureProgramme(url, { referrals: Number(values.referrals), rounds: Number(values.rounds), say }),
);
process.stdout.write(values.json ? `${JSON.stringify({ figures })}\n` : `${print(figures)}\n`);
process.exitCode = figures.some(({ met }) => met === false) ? 1 : 0;
