import { useEffect, useState } from 'react';
import type { ConflictView, OutboxRow } from '../../../core/contract/sync.ts';
import { DECISIONS, STATUS_AFTER, type Decision } from '../../../core/domain/decision.ts';
import { number } from '../../ui/format.ts';
import { usePreferences } from '../../ui/preferences.ts';
import { useCommands, type Handlers } from '../../ui/registry.ts';
import { Action } from '../bulk/action-bar.tsx';
import { DecisionButton } from '../case/decision-button.tsx';
import { NoteField } from '../case/note-field.tsx';
import { useChosenReasons, useReasons } from '../case/reasons.ts';
import { resolve, sendAgain, useSyncActions, type Way } from './actions.ts';
import { againWords } from './conflict-words.ts';
import { alikeWords } from './outbox-words.ts';
import styles from './conflict-bar.module.css';

/** Whether what is decided here was on the screen for at least a frame: a key too many settles nothing unseen. */
function useWasPainted(): boolean {
  const [painted, setPainted] = useState(false);
  useEffect(() => {
    const frame = requestAnimationFrame(() => setPainted(true));
    return () => cancelAnimationFrame(frame);
  }, []);
  return painted;
}

/** What leaving it as it is comes to. */
function keepWords({ state }: OutboxRow, theirs: ConflictView['theirs']): string {
  if (theirs !== null) return theirs.mine === null ? 'Keep theirs' : 'Keep it';
  return state === 'returned' ? 'Leave it open' : 'Leave it';
}

function keepAllWords({ theirs, alike }: ConflictView): string {
  return `${theirs === null ? 'Leave' : 'Keep'} all ${number(alike.troubled)}`;
}

/** What can be decided again: not what stands already, and no escalation of what is with a lead. */
function offeredOf({ may, theirs, now }: ConflictView): readonly Decision[] {
  if (!may.redecide || now === null) return [];
  return DECISIONS.filter((decision) => now.status !== STATUS_AFTER[decision] && theirs?.decision !== decision);
}

/** The ways to settle what came back, each with its key. */
export function ConflictBar({ view, onSettled }: { readonly view: ConflictView; readonly onSettled: () => void }) {
  const { row, theirs, may, alike } = view;
  const busy = useSyncActions((state) => state.busy);
  const available = useWasPainted() && !busy;
  const reasons = useReasons();
  const reasonFor = useChosenReasons(reasons);
  const chooseReason = usePreferences((preferences) => preferences.chooseReason);
  const offered = offeredOf(view);
  const told = [againWords(view), alikeWords(alike)].filter((part) => part !== null).join(' ');
  const isOneOfMany = alike.troubled > 1;
  const mayHandAll = may.handToLead && alike.toHand > 1;

  const settle = async (work: Promise<boolean>) => {
    if (await work) onSettled();
  };
  const take = (way: Way) => void (available && settle(resolve(row, way)));
  const keep = () => take({ how: 'kept' });
  const hand = () => take({ how: 'handed_to_lead' });
  const keepAll = () => take({ how: 'all_kept', count: alike.troubled });
  const handAll = () => take({ how: 'all_handed_to_lead', count: alike.toHand });
  const again = () => void (available && settle(sendAgain(row)));
  const decide = (decision: Decision) => {
    const reason = reasonFor(decision);
    if (!offered.includes(decision) || reason === undefined || view.now === null) return;
    take({
      how: 'redecided',
      version: view.now.version,
      standing: theirs?.decisionId ?? null,
      decision,
      reason: reason.code,
    });
  };
  const handlers: Handlers = {
    keepTheirs: keep,
    ...(may.handToLead ? { handToLead: hand } : {}),
    ...(isOneOfMany ? { keepAll } : {}),
    ...(mayHandAll ? { handAll } : {}),
    ...(may.retry ? { sendAgain: again } : {}),
    ...(offered.length > 0
      ? {
          approve: () => decide('approve'),
          reject: () => decide('reject'),
          escalate: () => decide('escalate'),
          reason: (digit) => {
            const reason = reasons.find((other) => other.digit === digit);
            if (reason !== undefined) chooseReason(reason.decision, reason.code);
          },
        }
      : {}),
  };
  useCommands(handlers);

  return (
    <div className={styles.foot}>
      {told !== '' && <p className={styles.told}>{told}</p>}
      <div role="group" aria-label="Settle" className={styles.bar}>
        <Action command="keepTheirs" available={available} onPress={keep}>
          {keepWords(row, theirs)}
        </Action>
        {isOneOfMany && (
          <Action command="keepAll" available={available} onPress={keepAll}>
            {keepAllWords(view)}
          </Action>
        )}
        {may.retry && (
          <Action command="sendAgain" available={available} onPress={again}>
            Send again
          </Action>
        )}
        {offered.map((decision) => (
          <DecisionButton
            key={decision}
            decision={decision}
            effect=""
            available={available}
            reasons={reasons.filter((reason) => reason.decision === decision)}
            chosen={reasonFor(decision)}
            onDecide={() => decide(decision)}
            onChoose={(code) => chooseReason(decision, code)}
          />
        ))}
        {may.handToLead && (
          <Action command="handToLead" available={available} onPress={hand}>
            Hand to a lead
          </Action>
        )}
        {mayHandAll && (
          <Action command="handAll" available={available} onPress={handAll}>
            {alike.toHand === alike.troubled ? 'Hand all ' : 'Hand '}
            {number(alike.toHand)} to a lead
          </Action>
        )}
        {(offered.length > 0 || may.handToLead) && (
          <div className={styles.note}>
            <NoteField
              itemId={row.itemId}
              placeholder={
                offered.length > 0 ? 'Note' : mayHandAll ? 'Note to the lead, for one or for all' : 'Note to the lead'
              }
            />
          </div>
        )}
      </div>
    </div>
  );
}
