import type { ReactNode } from 'react';
import type { ConflictView, OutboxRow } from '../../../core/contract/sync.ts';
import type { Decision } from '../../../core/domain/decision.ts';
import { useReadyWorkspace } from '../../app/connection.ts';
import { clockTime, exactMoment } from '../../ui/format.ts';
import { Icon } from '../../ui/icons.tsx';
import { useNow } from '../../ui/now.ts';
import { LOOKS } from '../case/decision-button.tsx';
import { doneWord } from '../case/decision-words.ts';
import { useReasonLabel } from '../case/reasons.ts';
import { nobodyWords, whoWords } from './conflict-words.ts';
import { creditWords, isTroubled, whatWords } from './outbox-words.ts';
import styles from './sides.module.css';

function Side({
  heading,
  aside,
  children,
}: {
  readonly heading: string;
  readonly aside: string;
  readonly children: ReactNode;
}) {
  return (
    <section className={styles.side} aria-label={heading}>
      <h3 className={styles.heading}>
        {heading} <span className={styles.aside}>{aside}</span>
      </h3>
      {children}
    </section>
  );
}

function Moment({ at }: { readonly at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={exactMoment(at)}>
      {clockTime(at, now)}
    </time>
  );
}

function Note({ text }: { readonly text: string }) {
  return <p className={`${styles.note ?? ''} selectable`}>“{text}”</p>;
}

function Told({
  decision,
  what,
  who,
  at,
  reason,
  note,
}: {
  readonly decision: Decision | null;
  readonly what: string;
  readonly who: string;
  readonly at: string;
  readonly reason: string | null;
  readonly note: string | null;
}) {
  const labelOf = useReasonLabel();
  return (
    <>
      <p className={styles.what} data-decision={decision}>
        {decision !== null && <Icon name={LOOKS[decision].icon} size={16} />}
        {what}
      </p>
      <p className={styles.who}>
        {who}, <Moment at={at} />
      </p>
      {reason !== null && <p>{labelOf(reason)}</p>}
      {note !== null && <Note text={note} />}
    </>
  );
}

function Theirs({ view }: { readonly view: ConflictView }) {
  const { theirs, takenBack } = view;
  if (theirs !== null) {
    const { decision, mine, at, reason, note } = theirs;
    return (
      <Side heading={mine === null ? 'Theirs' : 'Yours before'} aside="stands">
        <Told
          decision={decision}
          what={doneWord(decision)}
          who={whoWords(theirs)}
          at={at}
          reason={reason}
          note={note}
        />
      </Side>
    );
  }
  if (takenBack !== null) return <TakenBack made={takenBack} />;
  return (
    <Side heading="Theirs" aside="">
      <p className={styles.none}>{nobodyWords(view)}</p>
    </Side>
  );
}

/** What stood, and who took it back: nothing stands any more. */
function TakenBack({ made }: { readonly made: NonNullable<ConflictView['takenBack']> }) {
  const { decision, at, reason, note, undone } = made;
  return (
    <Side heading="Taken back" aside="the case is open again">
      <Told decision={decision} what={doneWord(decision)} who={whoWords(made)} at={at} reason={reason} note={note} />
      <p className={styles.back}>
        Taken back by {undone.by}, <Moment at={undone.at} />
      </p>
      {undone.note !== null && <Note text={undone.note} />}
    </Side>
  );
}

/** Theirs and mine, side by side; mine alone where it met nothing. */
export function Sides({ row, view }: { readonly row: OutboxRow; readonly view: ConflictView | null }) {
  const me = useReadyWorkspace()?.analyst ?? 'you';
  const credits = creditWords(row);
  const both = view !== null && isTroubled(row) && (view.theirs !== null || row.state !== 'rejected');
  return (
    <div className={styles.sides} data-both={both}>
      {both && <Theirs view={view} />}
      <Side heading="Mine" aside={isTroubled(row) ? 'has no effect' : ''}>
        <Told
          decision={row.decision}
          what={whatWords(row)}
          who={me}
          at={row.decidedAt}
          reason={row.reason}
          note={row.note}
        />
        {credits !== '' && <p className={styles.credits}>{credits} credits</p>}
        {row.sessionId !== null && <p className={styles.credits}>Part of an off-line bulk session</p>}
      </Side>
    </div>
  );
}
