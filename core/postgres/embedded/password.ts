import { randomBytes } from 'node:crypto';
import { chmod, readFile, stat } from 'node:fs/promises';
import type { Account } from './account.ts';
import { codeOf, WorkspaceError } from './error.ts';
import { putFile } from './folders.ts';
import type { Layout } from './layout.ts';

/** The password of the workspace; made when there is none and no data that would need the old one. Only behind the gate. */
export async function ensurePassword(layout: Layout, account: Account | null, hasData: boolean): Promise<string> {
  try {
    const password = (await readFile(layout.password, 'utf8')).trim();
    if (password !== '') {
      if (process.platform !== 'win32' && ((await stat(layout.password)).mode & 0o077) !== 0) {
        await chmod(layout.password, 0o600);
      }
      return password;
    }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  if (hasData) {
    throw new WorkspaceError(
      'password',
      `The workspace in ${layout.home} has lost its password file ${layout.password}. The data is safe and was not changed. ` +
        'Put back the file that belongs to it.',
    );
  }
  const password = randomBytes(32).toString('base64url');
  await putFile(layout.password, `${password}\n`, 0o600, account);
  return password;
}
