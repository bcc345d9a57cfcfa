import { memo } from 'react';
import { failureText } from '../../app/bridge.ts';
import { useQueueNavigation } from '../queue/queue-context.ts';
import { CaseBody } from './case-body.tsx';
import { CaseHeader } from './case-header.tsx';
import { useCase, usePrefetchedCases } from './case-query.ts';
import { DecisionBar } from './decision-bar.tsx';
import { useOnScreen } from './on-screen.ts';
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

export const CasePane = memo(function CasePane() {
  const { selected, ahead, empty } = useQueueNavigation();
  const query = useCase(selected);
  const file = selected === null ? null : (query.data ?? null);
  useOnScreen(file);
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
            <CaseBody file={file} />
          </>
        )}
        {selected === null && !empty && <Missing heading="No case is open" text="Choose one from the queue." />}
        {selected !== null && query.isPending && <p className={styles.late}>Loading the case</p>}
        {query.data === null && (
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
      </div>
      <DecisionBar file={file} />
    </section>
  );
});
