import { counted } from './counted.ts';

/** Decisions of an outbox with which a server or a person still has something to do. */
export type NotOver = {
  readonly undelivered: number;
  readonly unsettled: number;
  readonly awaitingSecond?: number;
};

/** Each kind of them as "2 decisions that no server has taken"; none of which there is nothing. */
export function notOverWords({ undelivered, unsettled, awaitingSecond = 0 }: NotOver): string[] {
  const kinds: readonly (readonly [number, string])[] = [
    [undelivered, 'that no server has taken'],
    [unsettled, 'that came back and nobody has settled'],
    [awaitingSecond, 'that a second analyst has not confirmed'],
  ];
  return kinds.flatMap(([count, what]) => (count === 0 ? [] : [`${counted(count, 'decision')} ${what}`]));
}
