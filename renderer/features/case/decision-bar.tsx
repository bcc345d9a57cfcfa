import type { CaseFile } from '../../../core/contract/case.ts';
import { DECISIONS, type Decision } from '../../../core/domain/decision.ts';
import { useReadyWorkspace, type ReadyWorkspace } from '../../app/connection.ts';
import { number } from '../../ui/format.ts';
import { Icon } from '../../ui/icons.tsx';
import { usePreferences } from '../../ui/preferences.ts';
import { useCommands } from '../../ui/registry.ts';
import { useQueueNavigation } from '../queue/queue-context.ts';
import { isAsDecided } from '../queue/shown-rows.ts';
import { barState, type BarState, type Reader } from './bar-state.ts';
import { DecisionButton } from './decision-button.tsx';
import { newDecision, send, useDecisions } from './decisions-made.ts';
import { NoteField } from './note-field.tsx';
import { useNotes } from './notes.ts';
import { caseOnScreen } from './on-screen.ts';
import { useChosenReasons, useReasons } from './reasons.ts';
import { TakeBackButton } from './take-back-button.tsx';
import { ToldDecision } from './told-decision.tsx';
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

/** While the host is away, the bar stays as it is, out of reach: what one may do is not forgotten for a moment. */
function readerOf(workspace: ReadyWorkspace | null): Reader {
  return workspace === null
    ? { role: '', decide: true, lead: true }
    : { role: workspace.role, decide: workspace.may.decide, lead: workspace.may.lead };
}

function Decisions({ file, confirmed }: { readonly file: CaseFile | null; readonly confirmed: boolean }) {
  const { selected, advance } = useQueueNavigation();
  const workspace = useReadyWorkspace();
  const chooseReason = usePreferences((preferences) => preferences.chooseReason);
  const reasons = useReasons();
  const reasonFor = useChosenReasons(reasons);
  const available = workspace !== null && file !== null;
  // A lead's own queue: there is nobody further to hand it to.
  const offered = DECISIONS.filter((decision) => decision !== 'escalate' || file?.status !== 'escalated');

  const decide = (decision: Decision) => {
    const shown = caseOnScreen();
    const reason = reasonFor(decision);
    // Only what is on the screen, and once: everything else is a key too many.
    if (!available || shown === null || shown.itemId !== selected || reason === undefined) return;
    if (isAsDecided(shown, useDecisions.getState().decided)) return;
    if (barState(shown, readerOf(workspace), null).kind !== 'decide' || !offered.includes(decision)) return;
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
    <>
      {offered.map((decision) => (
        <DecisionButton
          key={decision}
          decision={decision}
          effect={effect[decision]}
          available={available}
          reasons={reasons}
          chosen={reasonFor(decision)}
          onDecide={() => decide(decision)}
          onChoose={chooseReason}
        />
      ))}
      {confirmed && (
        <p className={styles.confirmed}>
          <Icon name="twice" size={14} />
          <span>A second analyst will confirm</span>
        </p>
      )}
      <NoteField key={file?.itemId} itemId={file?.itemId ?? null} placeholder="Note with the decision" />
    </>
  );
}

/** Why there is nothing to decide, and the way back where there is one. */
function Told({
  file,
  state,
  isUndelivered,
}: {
  readonly file: CaseFile | null;
  readonly state: BarState & { kind: 'told' };
  readonly isUndelivered: boolean;
}) {
  return (
    <>
      <div className={styles.told}>
        <p className={styles.toldText}>{state.text}</p>
        {state.decision !== null && <ToldDecision made={state.decision} />}
      </div>
      {file !== null && state.takeBack !== null && (
        <>
          <TakeBackButton file={file} what={state.takeBack} prominent />
          {/* What was not sent is withdrawn here alone: nobody would read a note. */}
          {!isUndelivered && (
            <NoteField key={file.itemId} itemId={file.itemId} placeholder={`Note with the ${state.takeBack.kind}`} />
          )}
        </>
      )}
    </>
  );
}

/** The foot of the case: it is there for every case, at the same place. */
export function DecisionBar({
  file,
  undelivered,
}: {
  readonly file: CaseFile | null;
  readonly undelivered: string | null;
}) {
  const state = barState(file, readerOf(useReadyWorkspace()), undelivered);
  return (
    <div className={styles.bar} role="group" aria-label="Decision">
      {state.kind === 'decide' ? (
        <Decisions file={file} confirmed={state.confirmed} />
      ) : (
        <Told file={file} state={state} isUndelivered={undelivered !== null} />
      )}
    </div>
  );
}
