import type { CodeType } from '../../domain/vocabulary.ts';
import type { Micros } from '../instant.ts';
import type { CodeAt } from './judge.ts';

/** A code and everything that changed it, in (at, id) order. */
export type CodeHistory = {
  readonly codeId: string;
  readonly ownerId: string;
  readonly type: CodeType;
  readonly changes: {
    readonly at: Micros;
    readonly eventId: string;
    readonly isCreation: boolean;
    readonly fields: {
      readonly isActive?: boolean;
      readonly maxUses?: number | null;
      readonly expiresAt?: Micros | null;
    };
  }[];
};

/**
 * The code as a registration at (at, id) found it: as made, with the changes before that moment. A registration dated
 * before its code was made finds it as it was made.
 */
export function codeAt(history: CodeHistory, at: Micros, eventId: string): CodeAt {
  let isActive = true;
  let maxUses: number | null = null;
  let expiresAt: Micros | null = null;
  for (const change of history.changes) {
    if (!change.isCreation && !isBefore(change, at, eventId)) continue;
    isActive = change.fields.isActive ?? isActive;
    if (change.fields.maxUses !== undefined) maxUses = change.fields.maxUses;
    if (change.fields.expiresAt !== undefined) expiresAt = change.fields.expiresAt;
  }
  return { codeId: history.codeId, ownerId: history.ownerId, type: history.type, isActive, maxUses, expiresAt };
}

function isBefore(change: { at: Micros; eventId: string }, at: Micros, eventId: string): boolean {
  if (change.at !== at) return change.at < at;
  return Buffer.compare(Buffer.from(change.eventId), Buffer.from(eventId)) < 0;
}
