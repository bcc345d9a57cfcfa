import type { OutboxRow } from '../../../core/contract/sync.ts';

type Row = Pick<OutboxRow, 'kind' | 'state' | 'inDoubt' | 'isUndone' | 'resolution' | 'message'>;

const QUEUED: { readonly [K in OutboxRow['kind']]: string } = {
  decide: 'It is sent as soon as the server answers. Until then it can be withdrawn, and the case is as it was before.',
  undo: 'It is sent as soon as the server answers. Until then it can be withdrawn, and the decision stands.',
  object:
    'It is sent as soon as the server answers. Until then it can be withdrawn, and what came back is to be settled again.',
};
/** The server was there, and said why not. */
const NOT_TAKEN = 'The server does not take it at present. It is sent when it does; until then it can be withdrawn.';
const IN_DOUBT =
  'It was sent once, and the connection broke before the answer. Whether it arrived is not known yet, so it cannot be withdrawn; sent again, it counts once.';
const TOLD: { readonly [S in OutboxRow['state']]?: string } = {
  sending: 'It is on its way. Whether it arrived is known in a moment; sent again, it counts once.',
  awaiting_second: 'It has its effect when a second analyst decides the same. It can be taken back in the case.',
  applied: 'What has its effect is taken back in the case.',
};

/** What a server may have heard of is taken back, and not withdrawn. */
export const mayWithdraw = ({ state, inDoubt }: Pick<Row, 'state' | 'inDoubt'>): boolean =>
  state === 'queued' && !inDoubt;

/** What is to be known of an operation that needs nobody; null of one that was settled, or is over. */
export function rowWords({ kind, state, inDoubt, isUndone, resolution, message }: Row): string | null {
  if (resolution !== null || isUndone) return null;
  // An undo and what leads have are taken back nowhere.
  if (state === 'applied' && kind !== 'decide') return null;
  if (state === 'queued') return inDoubt ? IN_DOUBT : message === null ? QUEUED[kind] : NOT_TAKEN;
  return TOLD[state] ?? null;
}
