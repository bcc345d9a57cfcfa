import { memo } from 'react';
import { failureText } from '../../app/bridge.ts';
import { useReadyWorkspace } from '../../app/connection.ts';
import { useIsOnline } from '../../app/sync-state.ts';
import { useCommands } from '../../ui/registry.ts';
import { useQueueNavigation } from '../queue/queue-context.ts';
import { CaseBody } from './case-body.tsx';
import { CaseHeader } from './case-header.tsx';
import { useCase, usePrefetchedCases } from './case-query.ts';
import { useClaim } from './claim.ts';
import { DecisionBar } from './decision-bar.tsx';
import { CameBackStrip } from './came-back-strip.tsx';
import { EscalationStrip } from './escalation-strip.tsx';
import { saveEvidence } from './evidence.ts';
import { useOnScreen } from './on-screen.ts';
import { isForWork } from './bar-state.ts';
import { StaleStrip } from './stale-strip.tsx';
import { TroubleStrip } from './trouble-strip.tsx';
import styles from './case-pane.module.css';

function Missing({
  heading,
  text,
  onRetry,
}: {
  readonly heading: string;
  readonly text: string;
  readonly onRetry?: () => void;
}) {
  return (
    <div className={styles.missing}>
      <h2>{heading}</h2>
      <p>{text}</p>
      {onRetry !== undefined && (
        <button type="button" className={styles.retry} onClick={onRetry}>
          Retry
        </button>
      )}
    </div>
  );
}

/** What works on the open case whatever pane has the focus. */
function CaseCommands({ itemId }: { readonly itemId: string }) {
  useCommands({ evidence: () => void saveEvidence(itemId) });
  return null;
}

export const CasePane = memo(function CasePane() {
  const { selected, ahead, empty } = useQueueNavigation();
  const query = useCase(selected);
  const answer = selected === null ? null : (query.data ?? null);
  const whole = answer?.state === 'whole' ? answer : null;
  const file = whole?.file ?? null;
  const workspace = useReadyWorkspace();
  useOnScreen(file);
  const forWork = whole !== null && workspace !== null && isForWork(whole.file, workspace.may, whole.undelivered);
  // Without a server nobody could know of a claim; with it again, the open case is claimed.
  const isOnline = useIsOnline();
  useClaim(forWork && isOnline ? whole.file.itemId : null);
  usePrefetchedCases(file === null ? [] : ahead);
  return (
    <section
      className={styles.pane}
      aria-label="Case"
      data-item-id={file?.itemId}
      data-score={file?.score}
      aria-busy={query.isFetching && file === null}
    >
      <div className={styles.content}>
        {file !== null && (
          <>
            <CaseHeader file={file} />
            {whole !== null && <StaleStrip {...whole} />}
            <EscalationStrip file={file} />
            <CaseCommands itemId={file.itemId} />
            <CaseBody file={file} />
          </>
        )}
        {selected === null && !empty && <Missing heading="No case is open" text="Choose one from the queue." />}
        {selected !== null && query.isPending && <p className={styles.late}>Loading the case</p>}
        {answer?.state === 'not_kept' && (
          <Missing
            heading="Its evidence is not kept on this computer"
            text="It opens when you are on-line again. How many cases are kept whole is set in Settings."
          />
        )}
        {selected !== null && query.data === null && (
          <Missing
            heading="This case is not there any more"
            text="It has left the review queue. Press j for the next one."
          />
        )}
        {file === null && query.isError && (
          <Missing
            heading="The case could not be read"
            text={failureText(query.error)}
            onRetry={() => void query.refetch()}
          />
        )}
        <TroubleStrip />
        <CameBackStrip />
      </div>
      <DecisionBar file={file} undelivered={whole?.undelivered ?? null} />
    </section>
  );
});
