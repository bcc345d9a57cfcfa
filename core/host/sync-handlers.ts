import { CacheError } from '../cache/error.ts';
import type { MethodHandlers } from '../contract/methods.ts';
import type { CacheSettings } from '../contract/sync.ts';
import { keptName } from '../domain/short-name.ts';
import { listObjections, settleAlike, settleObjection } from '../review/objections.ts';
import { CallFailure } from './failure.ts';
import type { HandlerNeeds } from './handlers.ts';
import { asked } from './outbox-handlers.ts';

type SyncMethod =
  | 'sync.status'
  | 'sync.now'
  | 'sync.settings'
  | 'sync.keep'
  | 'sync.wipe'
  | 'sync.wipeOther'
  | 'sync.objections'
  | 'sync.settle'
  | 'sync.settleAlike';

/** The cache itself and its contact, and what analysts handed to leads. */
export function syncHandlers(needs: HandlerNeeds): Pick<MethodHandlers, SyncMethod> {
  const { opened, use, wipe, keyPlace, copies } = needs;
  const settings = (): CacheSettings => ({
    ...opened().cache.settings(),
    key: keyPlace(),
    others: [...copies.list()],
  });
  return {
    'sync.status': async () => opened().syncStatus(),
    'sync.now': async () => {
      opened().sync.now();
      return {};
    },
    'sync.settings': async () => settings(),
    'sync.keep': async ({ keep }) => {
      const { cache, sync, toldSync } = opened();
      asked(() => cache.keep(keep));
      sync.keepSoon();
      toldSync();
      return settings();
    },
    'sync.wipe': async ({ evenUndelivered }) => {
      await wipe(evenUndelivered);
      return { removed: true };
    },
    'sync.wipeOther': async ({ copy }) => {
      try {
        await copies.remove(copy);
      } catch (error) {
        if (error instanceof CacheError) throw new CallFailure('refused', error.message);
        throw error;
      }
      return { removed: true };
    },
    'sync.objections': () =>
      use(async ({ pool }) => {
        const found = await listObjections(pool);
        return found.map((one) => ({
          ...one,
          referrerName: keptName(one.referrerName),
          refereeName: keptName(one.refereeName),
        }));
      }),
    'sync.settle': ({ objectionId }) =>
      use(async ({ pool }) => {
        if (!(await settleObjection(pool, objectionId))) throw new CallFailure('refused', NOT_OPEN);
        return {};
      }),
    'sync.settleAlike': ({ newest, count }) =>
      use(async ({ pool }) => {
        if (!(await settleAlike(pool, newest, count))) {
          throw new CallFailure('refused', 'There are others by now than these: look again.');
        }
        return {};
      }),
  };
}

const NOT_OPEN = 'There is no such objection that is open: another lead may have settled it.';
