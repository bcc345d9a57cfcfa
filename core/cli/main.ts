import { Command, CommanderError } from 'commander';
import { BadArgument, explain, Failed } from './errors.ts';

type Add = (program: Command) => void;

/** Each command's file is read only when it is wanted: what one needs would make the others slow to start. */
const COMMANDS: { readonly [name: string]: () => Promise<Add> } = {
  migrate: async () => (await import('./commands/migrate.ts')).migrateCommand,
  merge: async () => (await import('./commands/merge.ts')).mergeCommand,
  import: async () => (await import('./commands/import.ts')).importCommand,
  score: async () => (await import('./commands/score.ts')).scoreCommand,
  jobs: async () => (await import('./commands/jobs.ts')).jobsCommand,
  queue: async () => (await import('./commands/queue.ts')).queueCommand,
  case: async () => (await import('./commands/case.ts')).caseCommand,
  decide: async () => (await import('./commands/decide.ts')).decideCommand,
  undo: async () => (await import('./commands/undo.ts')).undoCommand,
  bulk: async () => (await import('./commands/bulk.ts')).bulkCommand,
  demo: async () => (await import('./commands/demo.ts')).demoCommand,
  stats: async () => (await import('./commands/stats.ts')).statsCommand,
  erase: async () => (await import('./commands/erase.ts')).eraseCommand,
  verify: async () => (await import('./commands/verify.ts')).verifyCommand,
  admin: async () => (await import('./commands/admin.ts')).adminCommand,
  audit: async () => (await import('./commands/audit.ts')).auditCommand,
  'try-pattern': async () => (await import('./commands/try-pattern.ts')).tryPatternCommand,
};

function withOwn(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withOwn)];
}

/** Runs one command; returns the exit status: 0 done, 1 failed, 2 bad arguments. */
async function run(argv: readonly string[]): Promise<number> {
  const program = new Command('umpire')
    .description('Referral-fraud review: the rules engine and the review queue from a shell')
    .option('--database-url <url>', 'a PostgreSQL database; the embedded workspace when left out')
    .option('--now <iso>', 'the engine’s clock')
    .option('--json', 'one JSON document on standard output')
    .exitOverride();
  const named = argv.filter((word) => Object.hasOwn(COMMANDS, word));
  for (const name of named.length > 0 ? [...new Set(named)] : Object.keys(COMMANDS)) {
    (await COMMANDS[name]?.())?.(program);
  }
  // Options that every command has may stand behind its name.
  for (const command of program.commands.flatMap(withOwn)) {
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

// Whoever reads may have read enough: `umpire bulk --report S | head`. What was begun is ended properly all the same.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
process.exitCode = await run(process.argv.slice(2));
