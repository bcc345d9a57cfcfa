import { useNavigate } from '@tanstack/react-router';
import { useRef } from 'react';
import { DECISIONS, type Decision } from '../../../core/domain/decision.ts';
import { useIsOnline } from '../../app/sync-state.ts';
import { capital } from '../../ui/format.ts';
import { CommandKey } from '../../ui/command-key.tsx';
import { Icon } from '../../ui/icons.tsx';
import { KeyCap } from '../../ui/key-cap.tsx';
import { usePreferences } from '../../ui/preferences.ts';
import { useCommands } from '../../ui/registry.ts';
import { LOOKS } from '../case/decision-button.tsx';
import { useChosenReasons, useReasons } from '../case/reasons.ts';
import { start, useBulkActions } from './actions.ts';
import { ActionBar, Action } from './action-bar.tsx';
import { changeDraft, dropDraft, startOf, type Draft } from './draft.ts';
import { previewOffline } from './offline.ts';
import { Problem } from './problem.tsx';
import { SessionHead } from './session-head.tsx';
import styles from './new-session.module.css';

/** What is to be decided, why, and with what note; nothing is written until it is previewed, and nothing decided then. */
export function NewSession({ draft }: { readonly draft: Draft }) {
  const navigate = useNavigate();
  const note = useRef<HTMLTextAreaElement>(null);
  const busy = useBulkActions((state) => state.busy);
  const isOnline = useIsOnline();
  const reasons = useReasons();
  const reasonFor = useChosenReasons(reasons);
  const chooseReason = usePreferences((preferences) => preferences.chooseReason);
  const { decision } = draft;
  const reason = decision === null ? undefined : reasonFor(decision);
  const fitting = reasons.filter((other) => other.decision === decision);

  const preview = async () => {
    if (decision === null || reason === undefined) return;
    const request = startOf(draft, decision, reason.code);
    if (!isOnline) {
      if (await previewOffline(request, draft.words)) dropDraft();
      return;
    }
    const session = await start(request);
    if (session === null) return;
    dropDraft();
    await navigate({ to: '/bulk/{-$sessionId}', params: { sessionId: session.sessionId }, replace: true });
  };
  const leave = () => {
    dropDraft();
    void navigate({ to: '/queue/{-$itemId}' });
  };

  const choose = (chosen: Decision) => changeDraft({ decision: chosen });
  useCommands({
    approve: () => choose('approve'),
    reject: () => choose('reject'),
    escalate: () => choose('escalate'),
    reason: (digit) => {
      const picked = reasons.find((other) => other.digit === digit);
      if (picked === undefined) return;
      choose(picked.decision);
      chooseReason(picked.decision, picked.code);
    },
    note: () => note.current?.focus(),
    ...(decision === null ? {} : { run: () => void preview() }),
  });

  return (
    <div className={styles.page}>
      <SessionHead heading="New bulk session" state={null}>
        {draft.words}
      </SessionHead>
      <div className={styles.form}>
        <fieldset className={styles.field}>
          <legend>Decision</legend>
          <div className={styles.decisions}>
            {DECISIONS.map((name) => (
              <label key={name} className={styles.decision} data-decision={name}>
                <input
                  type="radio"
                  name="bulk-decision"
                  className="visually-hidden"
                  checked={name === decision}
                  onChange={() => choose(name)}
                />
                <Icon name={LOOKS[name].icon} size={14} />
                {capital(name)}
                <KeyCap>{LOOKS[name].letter}</KeyCap>
              </label>
            ))}
          </div>
        </fieldset>
        {decision !== null && (
          <fieldset className={styles.field}>
            <legend>Reason</legend>
            <div className={styles.reasons}>
              {fitting.map((other) => (
                <label key={other.code} className={styles.reason}>
                  <input
                    type="radio"
                    name="bulk-reason"
                    className="visually-hidden"
                    checked={other.code === reason?.code}
                    onChange={() => chooseReason(decision, other.code)}
                  />
                  <span className={styles.tick}>{other.code === reason?.code && <Icon name="check" size={12} />}</span>
                  {other.label}
                  {other.digit !== null && <KeyCap>{other.digit}</KeyCap>}
                </label>
              ))}
            </div>
          </fieldset>
        )}
        <label className={styles.field}>
          <span className={styles.legend}>
            Note <CommandKey id="note" />
          </span>
          <textarea
            ref={note}
            className={styles.note}
            maxLength={4000}
            placeholder="Goes with each decision"
            value={draft.note}
            onChange={(event) => changeDraft({ note: event.currentTarget.value })}
            onKeyDown={(event) => {
              if (event.key === 'Escape' || (event.key === 'Enter' && !event.shiftKey)) {
                event.preventDefault();
                event.currentTarget.blur();
              }
            }}
          />
        </label>
        <Problem sessionId="" />
      </div>
      <ActionBar>
        <Action primary command="run" available={decision !== null && !busy} onPress={() => void preview()}>
          Preview
        </Action>
        <Action onPress={leave}>Discard</Action>
        <p>
          {isOnline
            ? 'The preview freezes the choice and shows what would happen; nothing is decided before you run it.'
            : 'Off-line: the preview goes by what is kept on this computer; nothing is decided before you say so.'}
        </p>
      </ActionBar>
    </div>
  );
}
