import { Link, useNavigate } from '@tanstack/react-router';
import { useMay } from '../../app/connection.ts';
import { useIsOnline } from '../../app/sync-state.ts';
import { capital, number } from '../../ui/format.ts';
import { useCommands } from '../../ui/registry.ts';
import { useReasonLabel } from '../case/reasons.ts';
import { sessionBackWords } from '../sync/outbox-words.ts';
import { useBulkActions } from './actions.ts';
import { Action, ActionBar } from './action-bar.tsx';
import { Figure, Figures } from './figures.tsx';
import {
  closeOffline,
  offlineTitle,
  putIntoOutbox,
  putWords,
  takeAllBack,
  useStillWaiting,
  waitingWords,
  type OfflineSession,
} from './offline.ts';
import { Problem } from './problem.tsx';
import { SessionHead } from './session-head.tsx';
import styles from './preview-view.module.css';
import page from './session-view.module.css';

/** What it would do; once it is done, only what was done for certain. */
function Numbers({ session: { preview, state } }: { readonly session: OfflineSession }) {
  const { willDecide, awaitingSecond, paid, rejected, reversed } = preview;
  if (state !== 'preview') {
    return (
      <Figures>
        <Figure name="put into the outbox">{number(willDecide)}</Figure>
      </Figures>
    );
  }
  return (
    <Figures>
      <Figure name="will be decided">{number(willDecide)}</Figure>
      {awaitingSecond > 0 && <Figure name="of them wait for a second analyst">{number(awaitingSecond)}</Figure>}
      {paid > 0 && <Figure name="credits paid">{number(paid)}</Figure>}
      {rejected > 0 && <Figure name="credits rejected">{number(rejected)}</Figure>}
      {reversed > 0 && <Figure name="credits taken back">{number(reversed)}</Figure>}
    </Figures>
  );
}

type SkipsProps = { readonly skips: OfflineSession['preview']['skips']; readonly heading: string };

function Skips({ skips, heading }: SkipsProps) {
  if (skips.length === 0) return null;
  return (
    <section className={styles.section}>
      <h3>{heading}</h3>
      <ul aria-label={heading}>
        {skips.map(({ why, items }) => (
          <li key={why} className={styles.row}>
            <span className={styles.count}>{number(items)}</span>
            <span className={styles.text}>{why}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Told({ session }: { readonly session: OfflineSession }) {
  const { state, undos } = session;
  const { lead } = useMay();
  if (state === 'preview') {
    return (
      <p className={styles.told}>
        By what is kept on this computer. What others have decided meanwhile is found when the decisions are sent: then
        theirs stands, and you are asked.
      </p>
    );
  }
  if (state === 'taken_back') {
    return (
      <p className={styles.told}>
        <strong>{capital(sessionBackWords(session))}.</strong>{' '}
        {undos > 0 && (
          <>
            An undo is sent after its decision, and the outbox tells what became of it.{' '}
            {!lead && 'Those whose time to undo is over come back to you there, to be handed to a lead all at once. '}
            <Link to="/sync/{-$id}">Look at the outbox</Link>
          </>
        )}
      </p>
    );
  }
  return <Waiting session={session} />;
}

function Waiting({ session }: { readonly session: OfflineSession }) {
  const isOnline = useIsOnline();
  const words = waitingWords(session.preview.willDecide, useStillWaiting(session), isOnline);
  return (
    <p className={styles.told}>
      {words !== null && (
        <>
          <strong>{words[0]}</strong> {words[1]}{' '}
        </>
      )}
      <Link to="/sync/{-$id}">Look at the outbox</Link>
    </p>
  );
}

/** A bulk session without a server, from its preview until it waits in the outbox. */
export function OfflineView({ session }: { readonly session: OfflineSession }) {
  const navigate = useNavigate();
  const busy = useBulkActions((state) => state.busy);
  const labelOf = useReasonLabel();
  const { state, preview, request, words } = session;
  const available = !busy && state === 'preview' && preview.willDecide > 0;
  const put = () => void (available && putIntoOutbox(session));
  const leave = () => {
    closeOffline();
    void navigate({ to: '/queue/{-$itemId}' });
  };
  useCommands(available ? { run: put } : {});
  return (
    <div className={page.page}>
      <SessionHead key={state} heading={offlineTitle(session)} state={null}>
        <strong>{labelOf(request.reason)}</strong> {request.note !== undefined && `“${request.note}” `}· {words} ·
        off-line
      </SessionHead>
      <div className={styles.content} role="group" aria-label="Off-line bulk session" tabIndex={0}>
        <Numbers session={session} />
        <Skips skips={preview.skips} heading={state === 'preview' ? 'Will be left alone' : 'Left alone'} />
        <Told session={session} />
        <Problem sessionId="" />
      </div>
      <ActionBar>
        {state === 'preview' && (
          <Action primary command="run" available={available} onPress={put}>
            {putWords(preview)}
          </Action>
        )}
        {state === 'waiting' && (
          <Action available={!busy} onPress={() => void takeAllBack(session)}>
            Take all back
          </Action>
        )}
        <Action available={!busy} onPress={leave}>
          {state === 'preview' ? 'Cancel and choose again' : 'Go to the queue'}
        </Action>
      </ActionBar>
    </div>
  );
}
