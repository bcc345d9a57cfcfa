import { uuidv7 } from 'uuidv7';
import { create } from 'zustand';
import type { Objection, OutboxRow, ResolveRequest } from '../../../core/contract/sync.ts';
import type { Decision } from '../../../core/domain/decision.ts';
import { ask, failureText } from '../../app/bridge.ts';
import { refreshReviews } from '../../app/connection.ts';
import { number } from '../../ui/format.ts';
import { doneWord } from '../case/decision-words.ts';
import { say } from '../case/decisions-made.ts';
import { useNotes } from '../case/notes.ts';
import { aboutRow, manyWords, rowTitle, sessionBackWords } from './outbox-words.ts';

/** The call that is on its way, and what went wrong last; one at a time. */
type State = { readonly busy: boolean; readonly problem: { readonly id: string; readonly text: string } | null };

export const useSyncActions = create<State>()(() => ({ busy: false, problem: null }));

/** Carries out one call; true where it was answered. What is said then stands at the foot of the window. */
async function call(id: string, failed: string, work: () => Promise<string>): Promise<boolean> {
  if (useSyncActions.getState().busy) return false;
  useSyncActions.setState({ busy: true, problem: null });
  try {
    say(await work());
    return true;
  } catch (error) {
    useSyncActions.setState({ problem: { id, text: `${failed}: ${failureText(error)}` } });
    return false;
  } finally {
    useSyncActions.setState({ busy: false });
    refreshReviews();
  }
}

/** Sends again what was refused. */
export function sendAgain(row: OutboxRow): Promise<boolean> {
  return call(row.id, 'Not sent again', async () => {
    await ask('sync.retry', { id: row.id });
    return `To be sent again: ${rowTitle(row).toLowerCase()}`;
  });
}

/** Withdraws what was not sent yet: the case is open again. */
export function withdraw(row: OutboxRow): Promise<boolean> {
  return call(row.id, 'Not withdrawn', async () => {
    await ask('sync.withdraw', { id: row.id });
    return `Withdrawn: ${rowTitle(row).toLowerCase()}`;
  });
}

/** Takes all of an off-line bulk session back: what was sent by an undo each. */
export function withdrawSession(sessionId: string): Promise<boolean> {
  return call(sessionId, 'Not taken back', async () => {
    return `Bulk session: ${sessionBackWords(await ask('sync.withdrawBulk', { sessionId }))}`;
  });
}

/** A lead has looked at what was handed to leads. */
export function settleObjection(objectionId: string, about: string): Promise<boolean> {
  return call(objectionId, 'Not settled', async () => {
    await ask('sync.settle', { objectionId });
    return `Settled: ${about}`;
  });
}

/** The same for all that one analyst asks for in the same words. */
export function settleAlike({ objectionId, newest, alike, by }: Objection): Promise<boolean> {
  return call(objectionId, 'Not settled', async () => {
    await ask('sync.settleAlike', { newest, count: alike });
    return `Settled: ${number(alike)} cases that ${by} asked about`;
  });
}

/** How a person settles what came back. */
export type Way =
  | { readonly how: 'kept' }
  | {
      readonly how: 'redecided';
      /** Of the item as it was on the screen, and the decision that stood there. */
      readonly version: number;
      readonly standing: string | null;
      readonly decision: Decision;
      readonly reason: string;
    }
  | { readonly how: 'handed_to_lead' }
  /** All of a session that came back alike: as many as the person was told of. */
  | { readonly how: 'all_kept' | 'all_handed_to_lead'; readonly count: number };

function requestOf(row: OutboxRow, way: Way, note: string): ResolveRequest {
  const text = note.trim();
  const withNote = text === '' ? {} : { note: text };
  switch (way.how) {
    case 'kept':
      return { how: 'kept', id: row.id };
    case 'redecided':
      return { id: row.id, decisionId: uuidv7(), ...way, ...withNote };
    case 'handed_to_lead':
      return { how: 'handed_to_lead', id: row.id, objectionId: uuidv7(), ...withNote };
    case 'all_kept':
      return { how: 'all_kept', id: row.id, count: way.count };
    case 'all_handed_to_lead':
      return { how: 'all_handed_to_lead', id: row.id, objectionId: uuidv7(), count: way.count, ...withNote };
  }
}

function resolvedWords(row: OutboxRow, way: Way): string {
  switch (way.how) {
    case 'kept':
      return `Left as it is: ${aboutRow(row)}`;
    case 'redecided':
      return `${doneWord(way.decision)} again: ${aboutRow(row)}`;
    case 'handed_to_lead':
      return `Handed to a lead: ${aboutRow(row)}`;
    case 'all_kept':
      return `Left as they are: ${manyWords(row, way.count)}`;
    case 'all_handed_to_lead':
      return `Handed to a lead: ${manyWords(row, way.count)}`;
  }
}

/** Settles what came back; the note that is being written for the case goes with it. */
export function resolve(row: OutboxRow, way: Way): Promise<boolean> {
  return call(row.id, 'Not settled', async () => {
    const notes = useNotes.getState();
    await ask('sync.resolve', requestOf(row, way, notes.drafts[row.itemId] ?? ''));
    if (way.how !== 'kept' && way.how !== 'all_kept') notes.write(row.itemId, '');
    return resolvedWords(row, way);
  });
}
