import type { CacheKey } from '../contract/host.ts';
import type { Transport } from './transport.ts';

/** Asks for the key of the cache whose folder has this name; with `renew` for a new one. */
export type AskForKey = (cache: string, renew: boolean) => Promise<CacheKey>;

/** The key as main gives it; the answers come in the order of the questions. */
export function keyFromMain(transport: Transport): AskForKey {
  const waiting: ((key: CacheKey) => void)[] = [];
  transport.onMessage((message) => {
    if (message.type === 'key') waiting.shift()?.(message.key);
  });
  return (cache, renew) => {
    const { promise, resolve } = Promise.withResolvers<CacheKey>();
    waiting.push(resolve);
    transport.send({ type: 'wantKey', cache, renew });
    return promise;
  };
}
