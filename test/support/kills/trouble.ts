import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../random.ts';
import type { ReviewedServer } from './reviewed-server.ts';

/** What the network does during one life; returns how it is mended. */
export function disturb({ network }: ReviewedServer, random: Random): () => Promise<void> {
  const what = random.next();
  if (what < 0.5) return async () => {};
  if (what < 0.75) {
    const timers = Array.from({ length: random.int(1, 4) }, () => setTimeout(network.cut, random.int(0, 1800)));
    return async () => timers.forEach(clearTimeout);
  }
  if (what < 0.87) {
    network.shut();
    return network.openAgain;
  }
  const timer = setTimeout(network.stall, random.int(0, 1500));
  return async () => {
    clearTimeout(timer);
    network.flow();
    network.cut();
  };
}

/** Stops the server, in order or not, and starts it again in the middle of a life. */
export async function restart({ server }: ReviewedServer, random: Random): Promise<void> {
  await pause(random.int(0, 1200));
  if (random.chance(0.5)) await server.stop();
  else {
    await server.crash();
    await server.stop();
  }
  await pause(random.int(0, 600));
  await server.start();
}
