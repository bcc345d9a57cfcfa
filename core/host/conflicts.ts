import type { CaseFile } from '../contract/case.ts';
import type { ConflictView, EvidenceSeen } from '../contract/sync.ts';
import { TROUBLED } from '../domain/outbox.ts';
import { changesBetween } from '../sync/conflict.ts';
import type { Head, Outgoing } from '../sync/ports.ts';
import type { Ready } from './contact.ts';

export type ConflictFacts = {
  readonly outgoing: Outgoing;
  readonly row: ConflictView['row'];
  /** The item as the cache has it now; null when it is gone. */
  readonly head: Head | null;
  /** Null where its evidence is not kept. */
  readonly file: CaseFile | null;
  readonly reader: Pick<Ready, 'analyst' | 'may'>;
};

/** What stands against a decision, what changed since it was made, and what this reader may do about it. */
export function conflictViewOf(facts: ConflictFacts): ConflictView {
  const { outgoing, row, head, file, reader } = facts;
  const theirs = file === null ? null : decisionOfOthers(file, reader.analyst);
  const now = head === null ? null : { ...evidenceOf(head), status: head.status };
  const isTroubled = TROUBLED.includes(outgoing.state) && outgoing.resolution === null;
  const why = isTroubled ? whyNotAgain(facts, theirs) : 'It is settled.';
  return {
    row,
    seen: outgoing.seen,
    now,
    theirs: theirs === null ? null : told(theirs),
    changes: outgoing.seen === null || now === null ? [] : changesBetween(outgoing.seen, now),
    may: {
      redecide: why === null,
      handToLead: isTroubled && outgoing.state === 'conflict' && outgoing.kind === 'decide' && mayAskLead(facts),
      retry: isTroubled && outgoing.state === 'rejected',
    },
    why,
  };
}

type MadeDecision = CaseFile['decisions'][number];

/** The decision in force, where it is somebody else's. */
export function decisionOfOthers({ decisions }: CaseFile, analyst: string): MadeDecision | null {
  const inForce = decisions
    .filter(({ isUndone, undo }) => !isUndone && undo !== 'withdrawal')
    .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
    .at(-1);
  return inForce === undefined || inForce.by === analyst ? null : inForce;
}

const told = ({ decisionId, by, at, decision, reason, note }: MadeDecision): NonNullable<ConflictView['theirs']> => ({
  decisionId,
  by,
  at,
  decision,
  reason,
  note,
});

function evidenceOf({ version, score, priority, ruleSetVersion, signals }: Head): EvidenceSeen {
  return { version, score, priority, ruleSetVersion, signals: signals.map(({ name, points }) => ({ name, points })) };
}

/** A lead needs no other lead, and nobody looks at what is gone. */
function mayAskLead({ head, reader }: ConflictFacts): boolean {
  return head !== null && reader.may.decide && !reader.may.lead;
}

/** Why it may not be decided again here, in words; null where it may. */
function whyNotAgain({ outgoing, head, reader }: ConflictFacts, theirs: MadeDecision | null): string | null {
  if (outgoing.kind !== 'decide') return 'Only a decision is made again.';
  if (!reader.may.decide) return 'Deciding takes the role analyst.';
  if (head === null) return 'The item is no longer in the queue.';
  if (head.status === 'pending' || reader.may.lead) {
    const isClosed = head.status === 'approved' || head.status === 'rejected';
    if (!isClosed || theirs?.undo === 'reversal' || theirs?.undo === 'undo') return null;
    return theirs === null
      ? 'What was decided is not known here yet: it is when there is contact again.'
      : 'What was decided can no longer be taken back.';
  }
  return head.status === 'escalated'
    ? 'It is with a lead, who decides it now.'
    : 'It was decided meanwhile: taking that back takes a lead.';
}
