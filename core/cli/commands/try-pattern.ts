import type { Command } from 'commander';
import { PATTERN_TYPES, type PatternType } from '../../domain/vocabulary.ts';
import { PatternFault, type PatternTrial, tryPattern } from '../../engine/patterns/trial.ts';
import { checkHashKey } from '../../postgres/hash-key.ts';
import { choice, wholeNumber } from '../arguments.ts';
import { withContext } from '../context.ts';
import { BadArgument } from '../errors.ts';

export function tryPatternCommand(program: Command): void {
  program
    .command('try-pattern')
    .description('what a fraud pattern would match in what is known; nothing is written')
    .argument('<type>', PATTERN_TYPES.join(', '), choice(PATTERN_TYPES))
    .argument('<value>', 'a domain, an address or range, a device, or /a regular expression/')
    .option('--points <n>', 'its score impact', wholeNumber(1, 1000), 30)
    .action(async (type: PatternType, value: string, { points }: { points: number }, command: Command) => {
      await withContext(
        command,
        async ({ pool, hashKey }) => {
          const key = hashKey({ create: false });
          await checkHashKey(pool, key);
          try {
            return await tryPattern(pool, { type, value, scoreImpact: points }, key);
          } catch (error) {
            throw error instanceof PatternFault ? new BadArgument(error.message) : error;
          }
        },
        printTrial,
        { takes: 'engine' },
      );
    });
}

function printTrial({ blind, matches, lifted, rejected, approved, referrals }: PatternTrial): string {
  const lines = [
    `${matches} referrals match; of those that a person decided, ${rejected} were rejected and ${approved} approved.`,
  ];
  lines.push(
    `Its points would lift ${lifted.medium} to medium, ${lifted.high} to high, ${lifted.critical} to critical.`,
  );
  if (blind !== null) lines.push(blind);
  for (const { relationshipId, refereeId, referrerId, score } of referrals) {
    lines.push(`${relationshipId}  ${refereeId} through ${referrerId}, ${score} points`);
  }
  return lines.join('\n');
}
