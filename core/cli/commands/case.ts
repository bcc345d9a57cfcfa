import { Argument, type Command } from 'commander';
import { readCase } from '../../review/case.ts';
import { uuid } from '../arguments.ts';
import { withContext } from '../context.ts';
import { BadArgument } from '../errors.ts';
import { printCase } from '../print/case.ts';

export function caseCommand(program: Command): void {
  program
    .command('case')
    .description('one review item with its evidence, bonuses and timeline')
    .addArgument(new Argument('<id>', 'the item').argParser(uuid))
    .action(async (itemId: string, _options: unknown, command: Command) => {
      await withContext(
        command,
        async ({ pool, now }) => {
          const file = await readCase(pool, itemId, now, 'UTC');
          if (file === null)
            throw new BadArgument(`There is no review item ${itemId}. \`umpire queue\` lists them.`, 1);
          return file;
        },
        printCase,
      );
    });
}
