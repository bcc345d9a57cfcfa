import type { CaseFile } from '../../../core/contract/case.ts';
import { DECISIONS, type Decision } from '../../../core/domain/decision.ts';
import { useReadyWorkspace } from '../../app/connection.ts';
import { number } from '../../ui/format.ts';
import { usePreferences } from '../../ui/preferences.ts';
import { useCommands } from '../../ui/registry.ts';
import { useQueueNavigation } from '../queue/queue-context.ts';
import { DecisionButton } from './decision-button.tsx';
import { newDecision, send, useDecisions } from './decisions-made.ts';
import { NoteField } from './note-field.tsx';
import { useNotes } from './notes.ts';
import { caseOnScreen } from './on-screen.ts';
import { useChosenReasons, useReasons } from './reasons.ts';
import styles from './decision-bar.module.css';

/** What each button will do, with the numbers. */
function effects(stake: CaseFile['stake'] | undefined): { readonly [D in Decision]: string } {
  if (stake === undefined) return { approve: '', reject: '', escalate: '' };
  const takesBack = stake.takesBack > 0 ? `, takes back ${number(stake.takesBack)}` : '';
  return {
    approve: `releases ${number(stake.releases)}`,
    reject: `rejects ${number(stake.rejects)}${takesBack}`,
    escalate: 'to a lead',
  };
}

function isOpen(file: CaseFile | null): boolean {
  return file !== null && (file.status === 'pending' || file.status === 'escalated');
}

/** The foot of the case: it is there for every case, at the same place. */
export function DecisionBar({ file }: { readonly file: CaseFile | null }) {
  const { selected, advance } = useQueueNavigation();
  const ready = useReadyWorkspace() !== null;
  const sending = useDecisions((decisions) => decisions.sending);
  const chooseReason = usePreferences((preferences) => preferences.chooseReason);
  const reasons = useReasons();
  const reasonFor = useChosenReasons(reasons);
  const available = ready && isOpen(file) && sending === null;

  const decide = (decision: Decision) => {
    const shown = caseOnScreen();
    const reason = reasonFor(decision);
    // Only what is on the screen, only one at a time: everything else is a key too many.
    if (!available || shown === null || shown.itemId !== selected || !isOpen(shown) || reason === undefined) return;
    const sent = newDecision(shown, decision, reason.code, useNotes.getState().drafts[shown.itemId] ?? '');
    advance();
    void send(sent);
  };

  useCommands({
    approve: () => decide('approve'),
    reject: () => decide('reject'),
    escalate: () => decide('escalate'),
    reason: (digit) => {
      const reason = reasons.find((other) => other.digit === digit);
      if (reason !== undefined) chooseReason(reason.decision, reason.code);
    },
  });

  const effect = effects(file?.stake);
  return (
    <div className={styles.bar} role="group" aria-label="Decision">
      {DECISIONS.map((decision) => (
        <DecisionButton
          key={decision}
          decision={decision}
          effect={effect[decision]}
          available={available}
          reasons={reasons.filter((reason) => reason.decision === decision)}
          chosen={reasonFor(decision)}
          onDecide={() => decide(decision)}
          onChoose={(code) => chooseReason(decision, code)}
        />
      ))}
      <NoteField key={file?.itemId} itemId={file?.itemId ?? null} />
    </div>
  );
}
