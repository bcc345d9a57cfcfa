import type { TimelineEntry } from '../../../core/contract/case.ts';
import { exactMoment, moment, span } from '../../ui/format.ts';
import styles from './timeline.module.css';

/** Time since the entry before: what a burst or a script gives itself away by. */
function sinceBefore(entries: readonly TimelineEntry[], place: number): string {
  const entry = entries[place];
  const before = entries[place - 1];
  if (entry === undefined || before === undefined) return '';
  const gap = Date.parse(entry.at) - Date.parse(before.at);
  return gap < 1000 ? '' : gap < 60_000 ? `+${Math.floor(gap / 1000)} s` : `+${span(gap)}`;
}

export function Timeline({ entries, now }: { readonly entries: readonly TimelineEntry[]; readonly now: number }) {
  const ordered = entries.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return (
    <ol className={styles.timeline} aria-label="Timeline">
      {ordered.map((entry, place) => (
        <li key={`${place} ${entry.at}`} data-kind={entry.kind}>
          <time dateTime={entry.at} title={exactMoment(entry.at)} className={styles.at}>
            {moment(entry.at, now)}
          </time>
          <span className={`${styles.text ?? ''} selectable`} title={entry.text}>
            {entry.who !== undefined && <span className={styles.who}>{entry.who} </span>}
            {entry.text}
          </span>
          <span className={styles.gap}>{sinceBefore(ordered, place)}</span>
        </li>
      ))}
    </ol>
  );
}
