import type { Command } from 'commander';
import { EraseError, type EraseReport, eraseUser } from '../../programme/erase.ts';
import { withContext } from '../context.ts';
import { BadArgument } from '../errors.ts';

export function eraseCommand(program: Command): void {
  program
    .command('erase')
    .description('anonymises a user in place; ledger, bonuses and decisions stay')
    .argument('<user>', 'the id of the user')
    .action(async (userId: string, _options: unknown, command: Command) => {
      await withContext(
        command,
        async ({ pool, now }) => {
          try {
            return await eraseUser(pool, userId, { now });
          } catch (error) {
            if (error instanceof EraseError) throw new BadArgument(error.message, 1);
            throw error;
          }
        },
        printErased,
        { takes: 'engine' },
      );
    });
}

function printErased(report: EraseReport): string {
  if (report.wasErased) return `${report.user} was erased before: nothing to do.`;
  const lines = [
    `${report.user} is erased: ${report.sightings} sightings, ${report.fingerprintLinks} links to fingerprints and ${report.fingerprints} fingerprints removed, ` +
      `${report.evidence} pieces of evidence reduced, ${report.events} waiting events refused.`,
  ];
  if (report.ownersRowsLeft) {
    lines.push(
      'Only what Umpire holds itself is gone: in observe mode auth.users and user_fingerprints are the other service’s to erase.',
    );
  }
  return lines.join('\n');
}
