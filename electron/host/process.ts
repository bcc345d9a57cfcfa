import type { ToHost } from '../../core/contract/host.ts';

/** A running core host, however it is run. */
export type HostProcess = {
  send(message: ToHost): void;
  /** Asks nothing: ends it, and what it started in its own process group. */
  kill(): void;
};

export type HostEvents = {
  /** Not yet checked: the sender is another process. */
  message(message: unknown): void;
  /** Exactly once. `reason` is for the log. */
  exit(reason: string): void;
};

export type StartHost = (events: HostEvents) => HostProcess;

/** What the host is told through its environment; the database address may hold a password and must not be in `ps`. */
export type HostSettings = {
  readonly entry: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
};

/** Passes a stream on to the log line by line. */
export function logLines(stream: NodeJS.ReadableStream | null | undefined, log: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) log(line);
  });
  stream?.on('end', () => {
    if (rest) log(rest);
  });
}
