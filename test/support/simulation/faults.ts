import type { Keeper } from './keeper.ts';

/** Thrown at the place where the program was killed, and by all that it tries to do afterwards. */
export class Killed extends Error {
  constructor() {
    super('the program was killed');
  }
}

export class DiskFull extends Error {
  constructor() {
    super('The disk is full.');
  }
}

const READS = new Set([
  'position',
  'witness',
  'awaiting',
  'factsWanted',
  'look',
  'itemIds',
  'rows',
  'claims',
  'reference',
]);

export type Boundary = (method: string, when: 'before' | 'after', writes: boolean) => void;

/** A store that says when a transaction begins and when it is over: what happens there happens to the program. */
export function watched(keeper: Keeper, boundary: Boundary): Keeper {
  return new Proxy(keeper, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function' || typeof name !== 'string') return member;
      return (...args: unknown[]): unknown => {
        const writes = !READS.has(name);
        boundary(name, 'before', writes);
        const value: unknown = member.apply(target, args);
        if (writes) boundary(name, 'after', writes);
        return value;
      };
    },
  });
}
