import type { Command } from 'commander';
import { verify } from '../../programme/verify.ts';
import { withContext } from '../context.ts';
import { Failed } from '../errors.ts';

export function verifyCommand(program: Command): void {
  program
    .command('verify')
    .description('checks ledger and invariants; exit 1 with every violation listed')
    .action(async (_options: unknown, command: Command) => {
      const { violations } = await withContext(
        command,
        async ({ pool }) => ({ violations: await verify(pool) }),
        (result) =>
          result.violations.length === 0
            ? 'Every invariant holds.'
            : result.violations.map(({ check, subject, detail }) => `${check}: ${subject} ${detail}`).join('\n'),
      );
      if (violations.length > 0) throw new Failed();
    });
}
