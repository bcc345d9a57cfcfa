import type { SyncStatus } from '../../../core/contract/sync.ts';
import { clockTime, number, span } from '../../ui/format.ts';

/** What the foot of the window says of the link: a shape, words, and what stands behind them. */
export type LinkWords = {
  /** ● with contact, ◔ on the way to it, ○ without. */
  readonly sign: '●' | '◔' | '○';
  readonly tone: 'good' | 'plain';
  readonly text: string;
  /** Why there is no contact, and when it is tried next. */
  readonly title: string;
};

/** "just now", "2 s ago", "5 min ago": by this computer's clock, which may have been set back meanwhile. */
export function ago(instant: string, now: number): string {
  const past = now - Date.parse(instant);
  if (past < 1_000) return 'just now';
  return past < 60_000 ? `${Math.floor(past / 1_000)} s ago` : `${span(past)} ago`;
}

function waitingWords(waiting: number): string {
  return waiting === 1 ? '1 decision waiting' : `${number(waiting)} decisions waiting`;
}

function fillingWords({ done, total }: NonNullable<SyncStatus['pulling']>): string {
  return total === null ? `filling the cache ${number(done)}` : `filling the cache ${number(done)} of ${number(total)}`;
}

/** When it is tried next: "Next try in 12 s." */
export function nextTryWords(nextTryAt: string | null, now: number): string {
  if (nextTryAt === null) return '';
  const left = Math.ceil((Date.parse(nextTryAt) - now) / 1_000);
  if (left <= 0) return 'Trying now.';
  return left < 60 ? `Next try in ${left} s.` : `Next try in ${span(left * 1_000)}.`;
}

/** Where the link stands, as the foot says it. */
export function linkWords(status: SyncStatus, now: number): LinkWords {
  const { link, pulling, pulledAt, offlineSince, reason, nextTryAt, waiting } = status;
  const isFirst = pulledAt === null;
  switch (link) {
    case 'online': {
      if (isFirst && pulling !== null)
        return { sign: '◔', tone: 'good', text: fillingWords(pulling), title: 'On-line' };
      const synced = isFirst ? 'never synced' : `synced ${ago(pulledAt, now)}`;
      const text = `on-line · ${synced} · ${number(waiting)} waiting`;
      // With contact, and yet something is wrong: with the copy on this computer.
      if (reason !== null) return { sign: '●', tone: 'plain', text: `${text} · ${reason}`, title: reason };
      return { sign: '●', tone: 'good', text, title: 'On-line' };
    }
    case 'connecting': {
      const text = isFirst && pulling !== null ? fillingWords(pulling) : 'connecting';
      const rest = waiting === 0 ? '' : ` · ${waitingWords(waiting)}`;
      return { sign: '◔', tone: 'plain', text: text + rest, title: reason ?? 'Connecting' };
    }
    case 'offline': {
      const since = offlineSince === null ? 'off-line' : `off-line since ${clockTime(offlineSince, now)}`;
      const last = isFirst ? 'never synced' : `last sync ${clockTime(pulledAt, now)}`;
      const title = [reason ?? '', nextTryWords(nextTryAt, now)].filter((part) => part !== '').join(' ');
      return { sign: '○', tone: 'plain', text: `${since} · ${waitingWords(waiting)} · ${last}`, title };
    }
  }
}

/** "3 need you"; empty where none does. */
export function troubledWords(troubled: number): string {
  if (troubled === 0) return '';
  return troubled === 1 ? '1 needs you' : `${number(troubled)} need you`;
}
