import { randomBytes } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { SaveDialogOptions, SaveDialogReturnValue } from 'electron';
import type { CallOutcome, MethodRequest } from '../core/contract/methods.ts';

export type SaveNeeds = {
  /** The system's own dialog; it asks before it answers with a file that is there already. */
  readonly ask: (options: SaveDialogOptions) => Promise<SaveDialogReturnValue>;
  /** Where the dialog begins. */
  readonly folder: string;
};

const KINDS: { readonly [extension: string]: string } = { html: 'Web page', csv: 'Table (CSV)' };

/** A name that is a name on every system and nothing else: no folder, no device, no control character. */
export function plainName(name: string): string {
  const plain = Array.from(name.normalize('NFC'), (letter) => (/[\p{C}\\/:*?"<>|]/u.test(letter) ? '-' : letter)).join(
    '',
  );
  return plain.replace(/^[. ]+|[. ]+$/g, '') || 'umpire';
}

const REASONS: { readonly [code: string]: string } = {
  EACCES: 'this folder may not be written to',
  EPERM: 'this folder may not be written to',
  EROFS: 'this disk may not be written to',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full',
  ENOENT: 'the folder is not there any more',
  EISDIR: 'there is a folder of this name',
  ENOTDIR: 'the folder is not there any more',
};

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? `the system said ${code || 'no'}`;
}

/** Whole or not at all, and for this user alone. What is there is replaced only once everything is written. */
async function writeWhole(file: string, text: string): Promise<void> {
  const work = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}`);
  try {
    await writeFile(work, text, { mode: 0o600, flag: 'wx' });
    await rename(work, file);
  } catch (error) {
    await rm(work, { force: true });
    throw error;
  }
}

/** Asks the person where to save a text and writes it there. An existing file is replaced only with the dialog's consent. */
export async function saveFile(
  { name, text }: MethodRequest<'file.save'>,
  { ask, folder }: SaveNeeds,
): Promise<CallOutcome<'file.save'>> {
  const plain = plainName(name);
  const extension = extname(plain).slice(1);
  const kind = KINDS[extension];
  const { canceled, filePath } = await ask({
    defaultPath: join(folder, plain),
    ...(kind === undefined ? {} : { filters: [{ name: kind, extensions: [extension] }] }),
    properties: ['showOverwriteConfirmation', 'createDirectory'],
  });
  if (canceled || filePath === '') return { ok: true, value: { saved: false } };
  try {
    await writeWhole(filePath, text);
    return { ok: true, value: { saved: true } };
  } catch (error) {
    const message = `${basename(filePath)} was not written: ${reasonOf(error)}. Choose another place.`;
    return { ok: false, error: { code: 'refused', message } };
  }
}
