import { Argument, type Command } from 'commander';
import { uuidv7 } from 'uuidv7';
import { type Decision, DECISIONS } from '../../domain/decision.ts';
import { decide } from '../../review/decide.ts';
import { choice, login, uuid } from '../arguments.ts';
import { withContext } from '../context.ts';
import { Failed } from '../errors.ts';

type Options = { reason: string; note?: string; as?: string };

export function decideCommand(program: Command): void {
  program
    .command('decide')
    .description('decides a review item')
    .addArgument(new Argument('<id>', 'the item').argParser(uuid))
    .addArgument(new Argument('<decision>', DECISIONS.join(', ')).argParser(choice(DECISIONS)))
    .requiredOption('--reason <code>', 'a reason code')
    .option('--note <text>', 'a note')
    .option('--as <analyst>', 'on behalf of whom; for owner and engine logins', login)
    .action(async (itemId: string, decision: Decision, { reason, note, as }: Options, command: Command) => {
      const result = await withContext(
        command,
        async ({ pool, givenNow }) => {
          const [outcome] = await decide(pool, [{ decisionId: uuidv7(), itemId, decision, reason, note }], {
            now: givenNow,
            onBehalfOf: as,
          });
          if (outcome === undefined) throw new Error('the decision got no answer');
          return outcome;
        },
        ({ decisionId, waiting, outcome, message, status, paid, rejected, reversed }) =>
          outcome === 'applied' || outcome === 'awaiting_second'
            ? `${message ?? `${outcome}: ${status}; ${paid} credits paid, ${rejected} rejected, ${reversed} taken back.`}\n` +
              `\`umpire undo ${waiting ?? decisionId}\` takes it back.`
            : (message ?? outcome),
        { takes: 'analyst' },
      );
      if (!['applied', 'agreed', 'awaiting_second'].includes(result.outcome)) throw new Failed();
    });
}
