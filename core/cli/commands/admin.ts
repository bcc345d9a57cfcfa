import { Argument, type Command, InvalidArgumentError } from 'commander';
import { type Decision, DECISIONS } from '../../domain/decision.ts';
import {
  type Account,
  addAccount,
  type Added,
  changeRole,
  enableAccount,
  listAccounts,
  rotatePassword,
  type Secret,
} from '../../postgres/roles/accounts.ts';
import { type Role, ROLES } from '../../postgres/roles/rights.ts';
import {
  addReason,
  changeSettings,
  listReasons,
  retireReason,
  type ReviewSettings,
  type StoredReason,
} from '../../review/settings.ts';
import { choice, wholeNumber } from '../arguments.ts';
import { withContext } from '../context.ts';
import { type Column, minute, printable, table } from '../print/table.ts';

/** Accounts, settings and reasons; for the owner and for admins. The database checks each call. */
export function adminCommand(program: Command): void {
  const admin = program.command('admin').description('accounts, settings and reasons; for the owner and admins');
  const role = (): Argument => new Argument('<role>', ROLES.join(', ')).argParser(choice(ROLES));

  admin
    .command('add')
    .description('makes a login; its password is printed once, and kept nowhere')
    .argument('<login>', 'its name')
    .requiredOption('--role <role>', ROLES.join(', '), choice(ROLES))
    .option('--display <name>', 'what colleagues call this person')
    .action(async (login: string, { role: wanted, display }: { role: Role; display?: string }, command: Command) => {
      await withContext(
        command,
        ({ pool, givenNow }) => addAccount(pool, { login, role: wanted, display: display ?? null }, givenNow),
        printAdded,
      );
    });
  admin
    .command('list')
    .description('all accounts')
    .action(async (_options: unknown, command: Command) => {
      await withContext(command, async ({ pool }) => ({ accounts: await listAccounts(pool) }), printAccounts, {
        takes: 'admin',
      });
    });
  admin
    .command('rotate')
    .description('gives an account another password, and ends its sessions')
    .argument('<login>')
    .action(async (login: string, _options: unknown, command: Command) => {
      await withContext(command, ({ pool, givenNow }) => rotatePassword(pool, login, givenNow), printSecret);
    });
  admin
    .command('role')
    .description('gives an account another role')
    .argument('<login>')
    .addArgument(role())
    .action(async (login: string, wanted: Role, _options: unknown, command: Command) => {
      await withContext(
        command,
        async ({ pool, givenNow }) => {
          await changeRole(pool, login, wanted, givenNow);
          return { login, role: wanted };
        },
        () => `${login} is ${wanted} now.`,
      );
    });
  for (const isEnabled of [false, true]) {
    admin
      .command(isEnabled ? 'enable' : 'disable')
      .description(
        isEnabled ? 'lets an account log in again' : 'keeps an account from logging in, and ends its sessions',
      )
      .argument('<login>')
      .action(async (login: string, _options: unknown, command: Command) => {
        await withContext(
          command,
          async ({ pool, givenNow }) => {
            await enableAccount(pool, login, isEnabled, givenNow);
            return { login, enabled: isEnabled };
          },
          () => (isEnabled ? `${login} may log in again.` : `${login} may not log in any more; its sessions ended.`),
        );
      });
  }
  settingsCommand(admin);
  reasonsCommand(admin);
}

function printAdded({ granted, ...secret }: Added): string {
  const told =
    granted.length === 0
      ? []
      : [
          'Reviewers were given what they need on the tables of the other service:',
          ...granted.map((one) => `  ${one};`),
        ];
  return [...told, printSecret(secret)].join('\n');
}

function printSecret({ login, password }: Secret): string {
  return `Login    ${login}\nPassword ${password}\nIt is shown this once. Hand it over in person.`;
}

const ACCOUNTS: readonly Column<Account>[] = [
  { title: 'LOGIN', text: (one) => one.login },
  { title: 'ROLE', text: (one) => one.role },
  { title: 'NAME', text: (one) => printable(one.display_name ?? '') },
  { title: 'MADE (UTC)', text: (one) => minute(one.created_at) },
  { title: 'BY', text: (one) => printable(one.created_by) },
  { title: 'DISABLED (UTC)', text: (one) => (one.disabled_at === null ? '' : minute(one.disabled_at)) },
];

function printAccounts({ accounts }: { readonly accounts: readonly Account[] }): string {
  return accounts.length === 0 ? 'No accounts.' : table(ACCOUNTS, accounts);
}

function share(text: string): number {
  const value = Number(text);
  if (!/^(?:0?\.\d{1,6}|0|1(?:\.0{1,6})?)$/.test(text)) {
    throw new InvalidArgumentError('It is a share from 0 to 1, such as 0.05.');
  }
  return value;
}

function credits(text: string): number | 'none' {
  return text === 'none' ? text : wholeNumber(0, 1_000_000_000)(text);
}

function orNull(value: number | 'none'): number | null {
  return value === 'none' ? null : value;
}

type SettingsOptions = {
  secondReviewAbove?: number | 'none';
  secondReviewShare?: number;
  undoMinutes?: number;
  claimMinutes?: number;
};

function settingsCommand(admin: Command): void {
  admin
    .command('settings')
    .description('how reviews are made: changes what is named, and prints all')
    .option(
      '--second-review-above <credits>',
      'a second analyst confirms from more than so much at stake; or none',
      credits,
    )
    .option('--second-review-share <share>', 'and this share of all items, chosen by chance', share)
    .option('--undo-minutes <n>', 'how long whoever decided may undo', wholeNumber(0, 1440))
    .option('--claim-minutes <n>', 'how long a claim lasts that is not renewed', wholeNumber(1, 60))
    .action(async (options: SettingsOptions, command: Command) => {
      const changes: Partial<ReviewSettings> = {
        ...(options.secondReviewAbove === undefined ? {} : { second_review_above: orNull(options.secondReviewAbove) }),
        ...(options.secondReviewShare === undefined ? {} : { second_review_share: options.secondReviewShare }),
        ...(options.undoMinutes === undefined ? {} : { undo_minutes: options.undoMinutes }),
        ...(options.claimMinutes === undefined ? {} : { claim_minutes: options.claimMinutes }),
      };
      await withContext(command, ({ pool, givenNow }) => changeSettings(pool, changes, givenNow), printSettings);
    });
}

function printSettings(settings: ReviewSettings): string {
  const above = settings.second_review_above;
  return [
    `Second analyst  ${above === null ? 'for no amount' : `above ${above} credits at stake`}, and for ${settings.second_review_share * 100} % of all items`,
    `Undo            ${settings.undo_minutes} minutes`,
    `Claim           ${settings.claim_minutes} minutes`,
  ].join('\n');
}

const REASONS: readonly Column<StoredReason>[] = [
  { title: 'CODE', text: (one) => one.code },
  { title: 'DECISION', text: (one) => one.decision },
  { title: 'LABEL', text: (one) => printable(one.label) },
  { title: '', text: (one) => (one.is_active ? '' : 'retired') },
];

function reasonsCommand(admin: Command): void {
  const reasons = admin.command('reasons').description('the reasons that a decision may name');
  const list = async (command: Command): Promise<void> => {
    await withContext(
      command,
      async ({ pool }) => ({ reasons: await listReasons(pool) }),
      (found) => table(REASONS, found.reasons),
    );
  };
  reasons
    .command('list', { isDefault: true })
    .description('all of them')
    .action((_options: unknown, command: Command) => list(command));
  reasons
    .command('add')
    .description('adds a reason, or brings back one that was retired')
    .argument('<code>', 'lower case and underscores')
    .argument('<label>', 'what the window shows')
    .requiredOption('--decision <decision>', DECISIONS.join(', '), choice(DECISIONS))
    .action(async (code: string, label: string, { decision }: { decision: Decision }, command: Command) => {
      await withContext(
        command,
        async ({ pool, givenNow }) => {
          await addReason(pool, { code, label, decision }, givenNow);
          return { code, label, decision };
        },
        () => `${code} is a reason to ${decision}.`,
      );
    });
  reasons
    .command('retire')
    .description('no new decision may name it; those that do keep it')
    .argument('<code>')
    .action(async (code: string, _options: unknown, command: Command) => {
      await withContext(
        command,
        async ({ pool, givenNow }) => {
          await retireReason(pool, code, givenNow);
          return { code };
        },
        () => `${code} is retired.`,
      );
    });
}
