import type { Command } from 'commander';
import { verify, type Violation } from '../../programme/verify.ts';
import { type AuditHead, headText, missesHead, readHead } from '../../review/audit-log.ts';
import { inSnapshot } from '../../postgres/snapshot.ts';
import { withContext } from '../context.ts';
import { Failed } from '../errors.ts';
import { auditHead } from './audit.ts';

export function verifyCommand(program: Command): void {
  program
    .command('verify')
    .description('checks ledger, audit chain and invariants; exit 1 with every violation listed')
    .option(
      '--head <head>',
      'fails where the audit log does not contain this head, which an earlier verify printed',
      auditHead,
    )
    .action(async ({ head: told }: { head?: AuditHead }, command: Command) => {
      const { violations } = await withContext(
        command,
        ({ pool }) =>
          inSnapshot(pool, async (db) => {
            const found: Violation[] = await verify(db);
            if (told !== undefined) {
              const misses = await missesHead(db, told);
              if (misses !== null) found.push({ check: 'audit_told', subject: headText(told), detail: misses });
            }
            const head = await readHead(db);
            return { violations: found, head: head === null ? null : headText(head) };
          }),
        ({ violations: found, head }) =>
          [
            ...(found.length === 0
              ? ['Every invariant holds.']
              : found.map(({ check, subject, detail }) => `${check}: ${subject} ${detail}`)),
            `Audit head ${head ?? 'missing'}`,
          ].join('\n'),
        { takes: 'engine' },
      );
      if (violations.length > 0) throw new Failed();
    });
}
