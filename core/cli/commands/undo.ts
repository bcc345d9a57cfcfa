import { Argument, type Command } from 'commander';
import { uuidv7 } from 'uuidv7';
import { undo } from '../../review/undo.ts';
import { login, uuid } from '../arguments.ts';
import { withContext } from '../context.ts';
import { Failed } from '../errors.ts';

type Options = { note?: string; as?: string };

export function undoCommand(program: Command): void {
  program
    .command('undo')
    .description('takes a decision back')
    .addArgument(new Argument('<decision>', 'the decision').argParser(uuid))
    .option('--note <text>', 'a note')
    .option('--as <analyst>', 'on behalf of whom; for owner and engine logins', login)
    .action(async (decisionId: string, { note, as }: Options, command: Command) => {
      const result = await withContext(
        command,
        async ({ pool, givenNow }) => {
          const [outcome] = await undo(pool, [{ undoId: uuidv7(), decisionId, note }], {
            now: givenNow,
            onBehalfOf: as,
          });
          if (outcome === undefined) throw new Error('the undo got no answer');
          return outcome;
        },
        ({ outcome, kind, message, status, paid, reversed }) =>
          message ?? `${kind ?? outcome}: ${status}; ${paid} credits paid again, ${reversed} taken back.`,
        { takes: 'analyst' },
      );
      if (result.outcome !== 'applied' && result.outcome !== 'agreed') throw new Failed();
    });
}
