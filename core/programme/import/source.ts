import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** A line of an event file: its number from 1, and its text, or why it has none. */
export type Line = { readonly number: number; readonly bytes: number } & (
  | { readonly text: string }
  | { readonly text: null; readonly fault: 'longer than 1 MiB' | 'not UTF-8' }
);

/** Lines that can be read more than once, in constant memory. */
export type Source = {
  readonly lines: () => AsyncIterable<Line>;
  /** Bytes in all, for progress; null where they are not known. */
  readonly bytes: number | null;
  readonly close: () => Promise<void>;
};

/** Longest line that is read as an event. */
const LONGEST_LINE = 1024 * 1024;

export function fileSource(path: string, bytes: number | null): Source {
  return { lines: () => splitLines(createReadStream(path)), bytes, close: async () => {} };
}

/** Lines out of memory: for what makes events itself. `events` gives the same ones each time it is called. */
export function eventSource(events: () => Iterable<unknown>): Source {
  return {
    lines: async function* () {
      let number = 0;
      for (const value of events()) {
        number += 1;
        const text = JSON.stringify(value);
        yield { number, text, bytes: text.length + 1 };
      }
    },
    bytes: null,
    close: async () => {},
  };
}

/**
 * Lines of a stream that can be read only once. They are spooled to a file encrypted with a key that lives in this
 * process alone: raw addresses never lie readable on a disk (SPEC 1).
 */
export async function streamSource(input: Readable): Promise<Source> {
  const folder = await mkdtemp(join(tmpdir(), 'umpire-import-'));
  const path = join(folder, 'spool');
  const key = randomBytes(32);
  const iv = randomBytes(16);
  try {
    await pipeline(input, createCipheriv('aes-256-ctr', key, iv), createWriteStream(path, { mode: 0o600 }));
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    lines: () => splitLines(createReadStream(path).pipe(createDecipheriv('aes-256-ctr', key, iv))),
    bytes: null,
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

const NEWLINE = 0x0a;

async function* splitLines(stream: Readable): AsyncGenerator<Line> {
  let number = 0;
  let parts: Buffer[] = [];
  let length = 0;
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const read = (bytes: Buffer): string | null => {
    try {
      return utf8.decode(bytes);
    } catch {
      return null;
    }
  };
  const take = (): Line => {
    number += 1;
    const bytes = length + 1;
    const text = length > LONGEST_LINE ? null : read(Buffer.concat(parts));
    const fault = length > LONGEST_LINE ? 'longer than 1 MiB' : 'not UTF-8';
    parts = [];
    length = 0;
    if (text === null) return { number, bytes, text, fault };
    return { number, bytes, text: number === 1 ? text.replace(/^\uFEFF/, '') : text };
  };
  for await (const value of stream) {
    const chunk = Buffer.isBuffer(value) ? value : Buffer.from(String(value));
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      length += end - start;
      if (length <= LONGEST_LINE) parts.push(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    length += chunk.length - start;
    // A line that is too long is counted but not kept.
    if (length <= LONGEST_LINE) parts.push(chunk.subarray(start));
    else parts = [];
  }
  if (length > 0) yield take();
}
