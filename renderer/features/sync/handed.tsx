import { Link } from '@tanstack/react-router';
import type { Objection } from '../../../core/contract/sync.ts';
import { failureText } from '../../app/bridge.ts';
import { useIsOnline } from '../../app/sync-state.ts';
import { BandGlyph } from '../../ui/band-glyph.tsx';
import { clockTime, exactMoment, lineName, number } from '../../ui/format.ts';
import { useNow } from '../../ui/now.ts';
import { actWord } from '../case/decision-words.ts';
import { useReasonLabel } from '../case/reasons.ts';
import { settleAlike, settleObjection, useSyncActions } from './actions.ts';
import { countObjections, useObjections } from './objections.ts';
import { aboutRow } from './outbox-words.ts';
import { Problem } from './problem.tsx';
import styles from './handed.module.css';

/** Of those that are alike (umpire.open_objections). */
const LISTED = 20;

function Line({ objection, now }: { readonly objection: Objection; readonly now: number }) {
  const busy = useSyncActions((state) => state.busy);
  const labelOf = useReasonLabel();
  const { objectionId, itemId, by, at, decision, reason, note, status, priority, score, alike, nth } = objection;
  const isFirstOfMany = nth === 1 && alike > 1;
  return (
    <li className={styles.line}>
      <span className={styles.score} data-band={priority}>
        <BandGlyph band={priority} />
        {score}
        <span className="visually-hidden"> {priority}</span>
      </span>
      <div className={styles.told}>
        <p className={styles.names}>
          {lineName(objection.referrerName)} → {lineName(objection.refereeName)}{' '}
          <span className={styles.status}>is {status}</span>
        </p>
        <p className={styles.quiet}>
          {by} asks for {actWord(decision).toLowerCase()}: {labelOf(reason)}
          {note !== null && ` “${note}”`} ·{' '}
          <time dateTime={at} title={exactMoment(at)}>
            {clockTime(at, now)}
          </time>
        </p>
        {isFirstOfMany && (
          <p className={styles.quiet}>
            The first of {number(alike)} that {by} asks for in the same words
            {alike > LISTED && `; the ${LISTED} oldest are listed`}.
          </p>
        )}
        <Problem id={objectionId} />
      </div>
      <Link to="/queue/{-$itemId}" params={{ itemId }} className={styles.action}>
        Open the case
      </Link>
      <button
        type="button"
        className={styles.action}
        aria-disabled={busy}
        title="You have looked at it; what stands, stands"
        onClick={(event) => !busy && event.detail < 2 && void settleObjection(objectionId, aboutRow(objection))}
      >
        Settled
      </button>
      {isFirstOfMany && (
        <button
          type="button"
          className={styles.action}
          aria-disabled={busy}
          title="You have looked at them; what stands, stands"
          onClick={(event) => !busy && event.detail < 2 && void settleAlike(objection)}
        >
          Settle all {number(alike)}
        </button>
      )}
    </li>
  );
}

/** What analysts handed to leads: somebody else's decision stands until a lead has looked at it. */
export function Handed() {
  const now = useNow();
  const isOnline = useIsOnline();
  const query = useObjections();
  const list = query.data ?? [];
  return (
    <section className={styles.section} aria-labelledby="handed">
      <h3 id="handed" className={styles.heading}>
        Handed to leads {list.length > 0 && <span className={styles.count}>{number(countObjections(list))}</span>}
      </h3>
      {!isOnline && list.length === 0 && <p className={styles.none}>What was handed to leads is shown on-line.</p>}
      {isOnline && query.isError && (
        <p role="alert" className={styles.none}>
          It could not be read. {failureText(query.error)}
        </p>
      )}
      {isOnline && query.data?.length === 0 && <p className={styles.none}>Nothing waits for a lead.</p>}
      <ul aria-label="Handed to leads">
        {list.map((objection) => (
          <Line key={objection.objectionId} objection={objection} now={now} />
        ))}
      </ul>
    </section>
  );
}
