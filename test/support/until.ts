import { setTimeout as pause } from 'node:timers/promises';

type UntilOptions = {
  readonly everyMs?: number;
  /** Gives up once this is settled: then nothing is left to wait for. */
  readonly unless?: Promise<unknown>;
};

/** Asks again and again until there is an answer; the test's own time limit ends it. Null where it gave up. */
export function until<Answer>(ask: () => Promise<Answer | null>): Promise<Answer>;
export function until<Answer>(ask: () => Promise<Answer | null>, options: UntilOptions): Promise<Answer | null>;
export async function until<Answer>(
  ask: () => Promise<Answer | null>,
  { everyMs = 100, unless }: UntilOptions = {},
): Promise<Answer | null> {
  let isOver = false;
  void unless?.then(() => (isOver = true));
  for (;;) {
    const answer = await ask();
    if (answer !== null || isOver) return answer;
    await pause(everyMs);
  }
}
