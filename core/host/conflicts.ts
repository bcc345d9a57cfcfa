import { ASKED } from '../cache/settling.ts';
import type { CaseFile } from '../contract/case.ts';
import type { ConflictView, EvidenceSeen } from '../contract/sync.ts';
import { NEWER_ITEM, TAKEN_BACK_SINCE } from '../domain/decision.ts';
import { TROUBLED } from '../domain/outbox.ts';
import { changesBetween } from '../sync/conflict.ts';
import type { Head, Outgoing } from '../sync/ports.ts';
import type { Ready } from './contact.ts';

export type ConflictFacts = {
  readonly outgoing: Outgoing;
  readonly row: ConflictView['row'];
  /** The item as it is shown now; null when it is gone. */
  readonly head: Head | null;
  /** An answer told of a later version of it. */
  readonly isBehind: boolean;
  /** Null where its evidence is not kept. */
  readonly file: CaseFile | null;
  readonly reader: Pick<Ready, 'analyst' | 'may'>;
  /** Whether the outbox has it. */
  readonly isMadeHere: (decisionId: string) => boolean;
  /** Whether the server has said that it is not undone. */
  readonly isUndoRefused: (decisionId: string) => boolean;
  /** Whether a lead is asked about the item already. */
  readonly isAsked: boolean;
  /** Whether it is known what a lead is asked for. */
  readonly isAskable: boolean;
  readonly alike: ConflictView['alike'];
};

/** What stands against a decision, what changed since it was made, and what this reader may do about it. */
export function conflictViewOf(facts: ConflictFacts): ConflictView {
  const { outgoing, row, head, isBehind, file, reader } = facts;
  const stands = file === null ? null : standing(decisionInForce(file), facts);
  const now = head === null ? null : { ...evidenceOf(head), status: head.status };
  const isTroubled = TROUBLED.includes(outgoing.state) && outgoing.resolution === null;
  const before = isTroubled && stands === null ? decisionTakenBack(facts) : null;
  const why = isTroubled ? whyNotAgain(facts, stands) : 'It is settled.';
  return {
    row,
    seen: outgoing.seen,
    now,
    theirs: stands === null ? null : told(stands, facts),
    takenBack: before === null ? null : { ...told(before, facts), undone: before.undone },
    changes: outgoing.seen === null || now === null ? [] : changesBetween(outgoing.seen, now),
    isBehind,
    may: {
      redecide: why === null,
      handToLead: isTroubled && mayAskLead(facts, stands),
      retry: isTroubled && outgoing.state === 'rejected' && !outgoing.isRefusedForGood && head !== null,
    },
    takesBackFirst:
      why === null &&
      head !== null &&
      stands !== null &&
      isTakenBackFirst(head.status, reader.may.lead, stands.by === reader.analyst),
    why,
    alike: facts.alike,
  };
}

/** One's own that the server has refused to undo takes a lead, whatever is left of its time here. */
function standing(made: MadeDecision | null, { isUndoRefused }: ConflictFacts): MadeDecision | null {
  return made?.undo === 'undo' && isUndoRefused(made.decisionId) ? { ...made, undo: null } : made;
}

type MadeDecision = CaseFile['decisions'][number];
type TakenBack = MadeDecision & { readonly undone: NonNullable<MadeDecision['undone']> };

/** The decision on this item that stands, whoever made it; those on earlier items of its referral are no part of it. */
function decisionInForce({ itemId, decisions }: CaseFile): MadeDecision | null {
  return (
    decisions
      .filter((made) => made.itemId === itemId && !made.isUndone && made.undo !== 'withdrawal')
      .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
      .at(-1) ?? null
  );
}

/**
 * What stood on an open item and was taken back last. What came back to be looked at again (`returned`) did so for that only where the
 * server says so, and one's own taking back returns nothing. A first opinion that was withdrawn never stood, and is told by nothing here.
 */
function decisionTakenBack({ outgoing, head, file, reader }: ConflictFacts): TakenBack | null {
  if (file === null || head?.status !== 'pending' || outgoing.state === 'rejected') return null;
  if (outgoing.state === 'returned' && outgoing.message !== TAKEN_BACK_SINCE) return null;
  return (
    file.decisions
      .flatMap((made) =>
        made.itemId === file.itemId && made.undone !== null ? [{ ...made, undone: made.undone }] : [],
      )
      .filter(({ undone }) => outgoing.state === 'conflict' || undone.by !== reader.analyst)
      .toSorted((a, b) => Date.parse(a.undone.at) - Date.parse(b.undone.at))
      .at(-1) ?? null
  );
}

function told(made: MadeDecision, { reader, isMadeHere }: ConflictFacts): NonNullable<ConflictView['theirs']> {
  const { decisionId, by, at, decision, reason, note } = made;
  const mine = by !== reader.analyst ? null : isMadeHere(decisionId) ? 'here' : 'elsewhere';
  return { decisionId, by, mine, at, decision, reason, note };
}

function evidenceOf({ version, score, priority, ruleSetVersion, signals }: Head): EvidenceSeen {
  return { version, score, priority, ruleSetVersion, signals: signals.map(({ name, points }) => ({ name, points })) };
}

/** Where what stands is known and takes a lead, who needs no other lead. Two who disagreed have no decision that stands. */
function mayAskLead(
  { outgoing, head, reader, isAsked, isAskable }: ConflictFacts,
  stands: MadeDecision | null,
): boolean {
  if (head === null || head.status === 'pending' || !reader.may.decide || reader.may.lead) return false;
  if (outgoing.kind === 'object' || isAsked || !isAskable) return false;
  if (outgoing.kind === 'undo' && (head.status === 'escalated' || isSuperseded(outgoing, stands, reader))) return false;
  if (stands === null) return head.status === 'escalated';
  return stands.by !== reader.analyst || stands.undo === null;
}

/**
 * Whether an item of this status is decided again only once what stands is taken back: as a lead's own escalation, which of a case that
 * needs two takes another lead.
 */
export function isTakenBackFirst(status: Head['status'], isLead: boolean, isOwn: boolean): boolean {
  return status === 'approved' || status === 'rejected' || (status === 'escalated' && (!isLead || isOwn));
}

/** One's own stands and nobody can undo it any more, no lead either: the referral has a newer item, which is decided instead. */
function isSuperseded(
  { kind, message }: Outgoing,
  stands: MadeDecision | null,
  reader: ConflictFacts['reader'],
): boolean {
  return kind === 'undo' && message === NEWER_ITEM && stands?.by === reader.analyst;
}

/** Why it may not be decided again here, in words; null where it may. */
function whyNotAgain(facts: ConflictFacts, stands: MadeDecision | null): string | null {
  const { outgoing, head, reader } = facts;
  if (outgoing.kind === 'object') return 'Only a decision is made again.';
  if (outgoing.kind === 'undo') return whatOfUndo(facts, stands);
  if (!reader.may.decide) return 'Deciding takes the role analyst.';
  if (head === null) return 'The item is no longer in the queue.';
  if (!isTakenBackFirst(head.status, reader.may.lead, stands?.by === reader.analyst)) return null;
  if (stands?.undo === 'reversal' || stands?.undo === 'undo') return null;
  if (facts.isAsked) return ASKED;
  if (stands !== null && reader.may.lead) return 'What was decided can no longer be taken back.';
  if (stands?.by === reader.analyst) return 'Your own decision stands, and the time to undo it is over: a lead can.';
  if (head.status === 'escalated') return 'It is with a lead, who decides it now.';
  if (stands === null) return 'What was decided meanwhile is not known here yet: the server is asked for it.';
  return 'It was decided meanwhile: taking that back takes a lead.';
}

/** What is left to do where the server did not undo it. */
function whatOfUndo({ outgoing, head, reader, isAsked }: ConflictFacts, stands: MadeDecision | null): string {
  if (head === null) return 'The item is no longer in the queue.';
  if (head.status === 'pending') return 'The case is open: there is nothing left to undo.';
  if (isSuperseded(outgoing, stands, reader))
    return 'It is not undone any more: decide the newer item of its referral.';
  if (reader.may.lead) return 'What stands is taken back in the case.';
  if (head.status === 'escalated') return 'It is with a lead, who decides it now.';
  if (isAsked) return ASKED;
  return stands?.undo === 'undo' ? 'What stands is taken back in the case.' : 'Taking back what stands takes a lead.';
}
