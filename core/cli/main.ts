import { Command, CommanderError } from 'commander';
import { caseCommand } from './commands/case.ts';
import { decideCommand } from './commands/decide.ts';
import { demoCommand } from './commands/demo.ts';
import { importCommand } from './commands/import.ts';
import { migrateCommand } from './commands/migrate.ts';
import { queueCommand } from './commands/queue.ts';
import { scoreCommand } from './commands/score.ts';
import { statsCommand } from './commands/stats.ts';
import { verifyCommand } from './commands/verify.ts';
import { BadArgument, explain, Failed } from './errors.ts';

const COMMANDS = [
  migrateCommand,
  importCommand,
  scoreCommand,
  queueCommand,
  caseCommand,
  decideCommand,
  demoCommand,
  statsCommand,
  verifyCommand,
];

/** Runs one command; returns the exit status: 0 done, 1 failed, 2 bad arguments. */
async function run(argv: readonly string[]): Promise<number> {
  const program = new Command('umpire')
    .description('Referral-fraud review: the rules engine and the review queue from a shell')
    .option('--database-url <url>', 'a PostgreSQL database; the embedded workspace when left out')
    .option('--now <iso>', 'the engine’s clock')
    .option('--json', 'one JSON document on standard output')
    .exitOverride();
  for (const add of COMMANDS) add(program);
  // Options that every command has may stand behind its name.
  for (const command of program.commands) {
    for (const option of program.options) command.addOption(option);
    command.exitOverride();
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof Failed) return 1;
    process.stderr.write(`${explain(error)}\n`);
    return error instanceof BadArgument ? error.exitCode : 1;
  }
}

process.exitCode = await run(process.argv.slice(2));
