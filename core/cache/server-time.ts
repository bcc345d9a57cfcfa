import type { Store } from './store.ts';

/** Of the last complete pull, in milliseconds; 0 before the first. How old something is is told by it: this computer's clock may be days off. */
export const serverTime = (store: Store): number => Number(store.state('server_time') ?? '0');

export function putServerTime(store: Store, at: string): number {
  const time = Date.parse(at);
  store.setState('server_time', String(time));
  return time;
}
