import type { ConflictView, OutboxRow } from '../../core/contract/sync.ts';
import type { Decision } from '../../core/domain/decision.ts';
import type { TestHost } from './host.ts';
import { until } from './until.ts';

type Again = { readonly id: string; readonly decisionId: string; readonly decision: Decision; readonly reason: string };

/** What a person who has this before them asks for. */
export function againOn(view: ConflictView, { id, decisionId, decision, reason }: Again) {
  const standing = view.theirs?.decisionId ?? null;
  return { how: 'redecided', id, version: view.now?.version ?? 0, standing, decisionId, decision, reason } as const;
}

/** Decides again on what is shown, and once more where the next pull has changed that meanwhile: the row that is settled by it. */
export function decideAgain({ ask }: TestHost, again: Again): Promise<OutboxRow> {
  return until(async () => {
    const view = await ask('sync.conflict', { id: again.id });
    if (view === null) throw new Error('there is no such row');
    try {
      return await ask('sync.resolve', againOn(view, again));
    } catch (error) {
      if (error instanceof Error && error.message.includes('look again')) return null;
      throw error;
    }
  });
}
