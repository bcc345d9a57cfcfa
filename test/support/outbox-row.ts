import type { OutboxRow } from '../../core/contract/sync.ts';

/** A row of the outbox, a decision that waits where nothing else is said. */
export function outboxRow(change: Partial<OutboxRow>): OutboxRow {
  return {
    id: '01890000-0000-7000-8000-000000000100',
    kind: 'decide',
    itemId: '01890000-0000-7000-8000-000000000001',
    decision: 'reject',
    reason: 'account_farm',
    note: null,
    undoes: null,
    sessionId: null,
    decidedAt: '2026-03-01T10:00:00.000Z',
    state: 'queued',
    message: null,
    attempts: 0,
    inDoubt: false,
    isUndone: false,
    resolution: null,
    referrerName: 'Lena K.',
    refereeName: 'Omar A.',
    score: 118,
    priority: 'critical',
    paid: 0,
    rejected: 0,
    reversed: 0,
    ...change,
  };
}
