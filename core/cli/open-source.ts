import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fileSource, type Source, streamSource } from '../programme/import/source.ts';
import { BadArgument } from './errors.ts';

/** The lines of a file, or of standard input for `-`. */
export async function openSource(file: string): Promise<Source> {
  if (file === '-') return streamSource(process.stdin);
  const found = await stat(file).catch(() => null);
  if (found === null) throw new BadArgument(`There is no file ${file}.`, 1);
  if (found.isDirectory()) throw new BadArgument(`${file} is a folder.`, 1);
  // A pipe or a device can be read only once.
  return found.isFile() ? fileSource(file, found.size) : streamSource(createReadStream(file));
}
