import { writeFile } from 'node:fs/promises';
import { Argument, type Command } from 'commander';
import { readBundle } from '../../review/bundle.ts';
import { bundlePage } from '../../review/bundle-page.ts';
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
    .option('--bundle <file>', 'writes all of it as one HTML page that needs nothing else')
    .action(async (itemId: string, { bundle: path }: { bundle?: string }, command: Command) => {
      if (path !== undefined) return writeBundle(itemId, path, command);
      await withContext(
        command,
        async ({ pool, now }) => {
          const file = await readCase(pool, itemId, now, 'UTC');
          if (file === null) throw noSuchItem(itemId);
          return file;
        },
        printCase,
      );
    });
}

function noSuchItem(itemId: string): BadArgument {
  return new BadArgument(`There is no review item ${itemId}. \`umpire queue\` lists them.`, 1);
}

/** For its owner's eyes alone: it names people. */
async function writeBundle(itemId: string, path: string, command: Command): Promise<void> {
  await withContext(
    command,
    async ({ pool, now }) => {
      const bundle = await readBundle(pool, itemId, now);
      if (bundle === null) throw noSuchItem(itemId);
      await writeFile(path, bundlePage(bundle), { flag: 'wx', mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
        throw new BadArgument(
          error.code === 'EEXIST' ? `${path} exists already, and nothing is written over it.` : error.message,
        );
      });
      return { itemId, file: path, decisions: bundle.record.length };
    },
    ({ file }) => `Written to ${file}.`,
  );
}
