import { closeSync, openSync, rmSync, writeSync } from 'node:fs';

export type RejectedLines<Rejected> = {
  readonly add: (line: Rejected) => void;
  /** The file's path; null where no line was rejected. */
  readonly close: () => string | null;
};

/** Where the rejected lines of a file go. */
export function rejectedPath(file: string): string {
  return `${file === '-' ? 'stdin' : file}.rejected.jsonl`;
}

/** Rejected lines on disk as they come. Without any, the file that an earlier run left under this name goes. */
export function rejectedLines<Rejected>(path: string): RejectedLines<Rejected> {
  let file: number | null = null;
  return {
    add: (line) => {
      file ??= openSync(path, 'w', 0o600);
      writeSync(file, `${JSON.stringify(line)}\n`);
    },
    close: () => {
      if (file === null) {
        rmSync(path, { force: true });
        return null;
      }
      closeSync(file);
      return path;
    },
  };
}
