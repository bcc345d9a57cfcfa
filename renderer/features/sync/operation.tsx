import { Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import type { ConflictView, OutboxRow } from '../../../core/contract/sync.ts';
import { failureText } from '../../app/bridge.ts';
import { CommandKey } from '../../ui/command-key.tsx';
import { BandGlyph } from '../../ui/band-glyph.tsx';
import { useCommands } from '../../ui/registry.ts';
import { useNavigate } from '@tanstack/react-router';
import { ConflictBar } from './conflict-bar.tsx';
import { EvidenceChange } from './evidence-change.tsx';
import { knownRow, nextTroubled, useConflict } from './outbox-rows.ts';
import { aboutRow, isTroubled, rowTitle, signOf, standing } from './outbox-words.ts';
import { Problem } from './problem.tsx';
import { RowBar } from './row-bar.tsx';
import { Sides } from './sides.tsx';
import { StateGlyph } from './state-glyph.tsx';
import styles from './operation.module.css';

function Head({ row }: { readonly row: OutboxRow }) {
  const navigate = useNavigate();
  const title = useRef<HTMLHeadingElement>(null);
  // What was settled just now is gone, and the focus with it.
  useEffect(() => {
    if (document.activeElement === document.body) title.current?.focus({ preventScroll: true });
  }, []);
  useCommands({
    openCase: () => void navigate({ to: '/queue/{-$itemId}', params: { itemId: row.itemId } }),
  });
  return (
    <header className={styles.head}>
      <div className={styles.top}>
        <span className={styles.band} data-band={row.priority}>
          <BandGlyph band={row.priority} size={16} />
        </span>
        <h2 ref={title} tabIndex={-1} className={styles.title}>
          {rowTitle(row)}
        </h2>
        <span className={styles.gap} />
        <Link to="/queue/{-$itemId}" params={{ itemId: row.itemId }} className={styles.open}>
          Open the case <CommandKey id="openCase" />
        </Link>
      </div>
      <p className={styles.standing} data-troubled={isTroubled(row)}>
        <StateGlyph sign={signOf(row)} />
        <strong>{standing(row)}</strong>
        {row.message !== null && <span className="selectable">{row.message}</span>}
        {row.attempts > 1 && <span className={styles.quiet}>{`Tried ${row.attempts} times`}</span>}
      </p>
    </header>
  );
}

/** What was refused for another reason than the case says nothing about its evidence. */
function asksForEvidence(row: OutboxRow, view: ConflictView): boolean {
  return isTroubled(row) && (row.state !== 'rejected' || view.changes.length > 0);
}

function Body({ row, view }: { readonly row: OutboxRow; readonly view: ConflictView | null }) {
  return (
    <div className={styles.body} role="group" aria-label={aboutRow(row)} tabIndex={0}>
      <Sides row={row} view={view} />
      {view !== null && view.seen !== null && view.now !== null && asksForEvidence(row, view) && (
        <EvidenceChange view={view} seen={view.seen} now={view.now} />
      )}
      {view !== null && view.now === null && isTroubled(row) && (
        <p className={styles.gone}>The case is not there any more.</p>
      )}
      <Problem id={row.id} />
      {row.sessionId !== null && <Problem id={row.sessionId} />}
    </div>
  );
}

/** One operation of the outbox: what it is, what became of it, and what a person can do about it. */
export function Operation({ id, onNext }: { readonly id: string; readonly onNext: (id: string | null) => void }) {
  const query = useConflict(id);
  const view = query.data ?? null;
  const row = view?.row ?? knownRow(id);
  if (row === null) {
    if (query.isPending) return <p className={styles.late}>Loading</p>;
    return (
      <div className={styles.missing}>
        <h2>{query.isError ? 'The decision could not be read' : 'This is not in the outbox any more'}</h2>
        {query.isError && <p>{failureText(query.error)} It is safe.</p>}
      </div>
    );
  }
  const goOn = () => void nextTroubled(id).then(onNext, () => onNext(null));
  return (
    <div className={styles.page}>
      <Head row={row} />
      <Body row={row} view={view} />
      {isTroubled(row) && view !== null ? <ConflictBar view={view} onSettled={goOn} /> : <RowBar row={row} />}
    </div>
  );
}
