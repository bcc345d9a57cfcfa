import { CODE_TYPES, type CodeType } from '../../domain/vocabulary.ts';
import type { Client } from '../../postgres/connection.ts';
import { type Micros, microsSql } from '../instant.ts';
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

/** What is known of these codes, by code; one that nobody made, or not any more, is left out. */
export async function codeHistories(
  client: Client,
  codes: readonly string[],
): Promise<ReadonlyMap<string, CodeHistory>> {
  const { rows } = await client.query<{ id: string; code: string; user_id: string; type: string }>(
    `SELECT id, code, user_id, type FROM referrals.codes AS c
     WHERE code = ANY ($1) AND NOT EXISTS (SELECT 1 FROM umpire_changed_codes AS x WHERE x.code = c.code AND x.is_gone)`,
    [codes],
  );
  const events = await client.query<{
    event_id: string;
    micros: string;
    code: string;
    kind: string;
    fields: unknown;
  }>(
    `SELECT event_id, ${microsSql('at')} AS micros, code, kind,
       CASE WHEN fields ? 'expires_at' AND fields ->> 'expires_at' IS NOT NULL
         THEN fields || jsonb_build_object('expires_at', ${microsSql(`(fields ->> 'expires_at')::timestamptz`)}) ELSE fields END AS fields
     FROM umpire.code_events WHERE code = ANY ($1) AND (kind = 'updated' OR outcome = 'accepted') ORDER BY at, event_id`,
    [codes],
  );
  const histories = new Map<string, CodeHistory>();
  for (const { id, code, user_id: ownerId, type } of rows) {
    histories.set(code, { codeId: id, ownerId, type: codeType(type), changes: [] });
  }
  // The attempts of others to make the same code say nothing about it, nor does its owner's to make it again.
  for (const { event_id: eventId, micros, code, kind, fields } of events.rows) {
    histories
      .get(code)
      ?.changes.push({ at: Number(micros), eventId, isCreation: kind === 'created', fields: codeFields(fields) });
  }
  return histories;
}

function codeType(type: string): CodeType {
  return CODE_TYPES.find((name) => name === type) ?? 'custom';
}

function codeFields(value: unknown): CodeHistory['changes'][number]['fields'] {
  if (typeof value !== 'object' || value === null) return {};
  return {
    ...('is_active' in value && typeof value.is_active === 'boolean' ? { isActive: value.is_active } : {}),
    ...('max_uses' in value ? { maxUses: value.max_uses === null ? null : Number(value.max_uses) } : {}),
    ...('expires_at' in value ? { expiresAt: value.expires_at === null ? null : Number(value.expires_at) } : {}),
  };
}
