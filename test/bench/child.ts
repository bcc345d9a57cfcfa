import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const answer = z.object({ seconds: z.number(), peakMiB: z.number(), count: z.number() });
export type Measured = z.output<typeof answer>;

/** Runs one task of `task.ts` in a process of its own, so that its peak memory is its own. */
export async function measure(task: string, args: readonly string[]): Promise<Measured> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('task.ts', import.meta.url)), task, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const status = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (status !== 0) throw new Error(`the task ${task} ended with status ${status}`);
  return answer.parse(JSON.parse(output));
}
