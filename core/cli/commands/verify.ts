import type { Command } from 'commander';
import { verify, type Violation } from '../../programme/verify.ts';
import { type AuditHead, headText, missesHead, missesHeadUnread, readHead } from '../../review/audit-log.ts';
import { isEngine, requireRole } from '../../postgres/roles/login.ts';
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
        ({ pool, role, login }) =>
          inSnapshot(pool, async (db) => {
            const isWhole = isEngine(role);
            // Whoever was told a head may ask after it; the rest reads what reviewers do not.
            if (told === undefined) requireRole(role, 'engine', login);
            const found: Violation[] = isWhole ? await verify(db) : [];
            if (told !== undefined) {
              const misses = await (isWhole ? missesHead : missesHeadUnread)(db, told);
              if (misses !== null) found.push({ check: 'audit_told', subject: headText(told), detail: misses });
            }
            const head = await readHead(db);
            return { violations: found, head: head === null ? null : headText(head), isWhole };
          }),
        ({ violations: found, head, isWhole }) =>
          [
            ...(found.length === 0
              ? [
                  isWhole
                    ? 'Every invariant holds.'
                    : 'The log contains this head. All else is checked by a login of the engine.',
                ]
              : found.map(({ check, subject, detail }) => `${check}: ${subject} ${detail}`)),
            `Audit head ${head ?? 'missing'}`,
          ].join('\n'),
      );
      if (violations.length > 0) throw new Failed();
    });
}
