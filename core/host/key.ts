import type { CacheKey } from '../contract/host.ts';
import type { Transport } from './transport.ts';

/** Asks for the key of the cache whose folder has this name; with `renew` for a new one. */
export type AskForKey = (cache: string, renew: boolean) => Promise<CacheKey>;

/** The key as main gives it. One question at a time: an answer does not say which cache it is for. */
export function keyFromMain(transport: Transport): AskForKey {
  let answered: ((key: CacheKey) => void) | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  transport.onMessage((message) => {
    if (message.type === 'key') answered?.(message.key);
  });
  return (cache, renew) => {
    const asked = turn.then(() => {
      const { promise, resolve } = Promise.withResolvers<CacheKey>();
      answered = resolve;
      transport.send({ type: 'wantKey', cache, renew });
      return promise;
    });
    turn = asked;
    return asked;
  };
}
