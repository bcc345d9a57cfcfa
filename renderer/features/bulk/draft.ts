import { uuidv7 } from 'uuidv7';
import { create } from 'zustand';
import type { BulkChoice, BulkStart } from '../../../core/contract/bulk.ts';
import type { CaseFile } from '../../../core/contract/case.ts';
import type { Decision } from '../../../core/domain/decision.ts';
import { counted } from '../../../core/domain/counted.ts';
import { aboutCase } from '../case/decisions-made.ts';
import { filterWords } from '../queue/queue-filter.ts';
import { countOf, type Choice } from '../queue/selection.ts';

/** A bulk session that is being put together; nothing of it is known outside of this window. */
export type Draft = {
  readonly choice: BulkChoice;
  /** What was chosen, in words. */
  readonly words: string;
  readonly decision: Decision | null;
  readonly note: string;
};

type State = {
  readonly draft: Draft | null;
  /** What was asked for with this draft: the same asked again is the same session, and of another draft it is another. */
  readonly asked: { readonly what: string; readonly sessionId: string } | null;
};

export const useDraft = create<State>()(() => ({ draft: null, asked: null }));

function begin(choice: BulkChoice, words: string): void {
  useDraft.setState({ draft: { choice, words, decision: null, note: '' }, asked: null });
}

/** Begins a draft with what is selected in the queue; with nothing selected there is none. */
export function draftFrom(choice: Choice): void {
  const count = countOf(choice);
  if (count === 0) {
    useDraft.setState({ draft: null });
  } else if (choice.kind === 'items') {
    begin({ kind: 'items', itemIds: [...choice.itemIds] }, `${counted(count, 'case')} chosen by hand`);
  } else {
    begin(
      { kind: 'filter', filter: choice.filter },
      `All ${counted(count, 'case')} that match: ${filterWords(choice.filter)}`,
    );
  }
}

/** Begins a draft with all that hangs together with a case. */
export function draftRing(file: CaseFile): void {
  begin({ kind: 'ring', itemId: file.itemId }, `The ring around ${aboutCase(file)}`);
}

export function changeDraft(change: Partial<Pick<Draft, 'decision' | 'note'>>): void {
  useDraft.setState(({ draft }) => ({ draft: draft === null ? null : { ...draft, ...change } }));
}

export function dropDraft(): void {
  useDraft.setState({ draft: null });
}

/** The call that freezes the draft; repeated with the same draft, it has the same id. */
export function startOf(draft: Draft, decision: Decision, reason: string): BulkStart {
  const note = draft.note.trim();
  const rest = { choice: draft.choice, decision, reason, ...(note === '' ? {} : { note }) };
  const what = JSON.stringify(rest);
  const { asked } = useDraft.getState();
  const sessionId = asked?.what === what ? asked.sessionId : uuidv7();
  useDraft.setState({ asked: { what, sessionId } });
  return { sessionId, ...rest };
}
