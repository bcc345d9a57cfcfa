import { z } from 'zod';
import { CacheError } from '../cache/error.ts';
import type { MethodHandlers } from '../contract/methods.ts';
import { type CacheSettings, objection } from '../contract/sync.ts';
import { dbInstant, rows } from '../postgres/rows.ts';
import { keptName } from '../domain/short-name.ts';
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
  | 'sync.settle';

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
        const found = await rows(pool, objectionRow, OPEN_OBJECTIONS);
        return found.map((one) => ({
          ...one,
          referrerName: keptName(one.referrerName),
          refereeName: keptName(one.refereeName),
        }));
      }),
    'sync.settle': ({ objectionId }) =>
      use(async ({ pool }) => {
        const { rows: answered } = await pool.query<{ settled: boolean }>(
          'SELECT umpire.settle_objection($1) AS settled',
          [objectionId],
        );
        if (answered[0]?.settled !== true) {
          throw new CallFailure(
            'refused',
            'There is no such objection that is open: another lead may have settled it.',
          );
        }
        return {};
      }),
  };
}

const objectionRow = objection.extend({ at: dbInstant }) satisfies z.ZodType;

const OPEN_OBJECTIONS = `
  SELECT objection_id AS "objectionId", item_id AS "itemId", made_by AS by, at, decision, reason, note, status, score, priority,
    referrer_name AS "referrerName", referee_name AS "refereeName"
  FROM umpire.open_objections()`;
