import type { CaseBonus, CaseFile } from '../../../core/contract/case.ts';
import { BONUS_STATUSES } from '../../../core/domain/vocabulary.ts';
import { capital, exactMoment, moment, number, words } from '../../ui/format.ts';
import { useNow } from '../../ui/now.ts';
import { Pane } from '../../ui/pane.tsx';
import { DecisionsSoFar } from './decisions-so-far.tsx';
import { Timeline } from './timeline.tsx';
import styles from './money-pane.module.css';

function totals(bonuses: readonly CaseBonus[]): string {
  return BONUS_STATUSES.map((status) => ({
    status,
    credits: bonuses.filter((bonus) => bonus.status === status).reduce((sum, bonus) => sum + bonus.credits, 0),
  }))
    .filter(({ credits }) => credits > 0)
    .map(({ status, credits }) => `${number(credits)} ${status}`)
    .join(' · ');
}

/** Until when it is held, or since when it is paid. */
function When({ bonus, now }: { readonly bonus: CaseBonus; readonly now: number }) {
  if (bonus.status === 'paid' && bonus.releasedAt !== null) {
    return <span title={exactMoment(bonus.releasedAt)}>{moment(bonus.releasedAt, now)}</span>;
  }
  if (bonus.status !== 'held') return null;
  if (bonus.holdUntil !== null) {
    return <span title={exactMoment(bonus.holdUntil)}>until {moment(bonus.holdUntil, now)}</span>;
  }
  return <>until decided</>;
}

function Bonus({ bonus, now }: { readonly bonus: CaseBonus; readonly now: number }) {
  return (
    <tr data-status={bonus.status}>
      <td>
        {capital(bonus.role)} <span className={styles.quiet}>{words(bonus.eventType)}</span>
        {bonus.appId !== null && <span className={styles.quiet}> {bonus.appId}</span>}
      </td>
      <td className={styles.credits}>
        {number(bonus.credits)}
        {bonus.tierMultiplier !== 1 && (
          <span className={styles.quiet} title={`${capital(bonus.tierAtTime)} tier`}>
            {' '}
            ×{bonus.tierMultiplier}
          </span>
        )}
      </td>
      <td>
        <span className={styles.status} title={bonus.holdReason === null ? undefined : words(bonus.holdReason)}>
          {bonus.status}
        </span>
      </td>
      <td className={styles.when}>
        <When bonus={bonus} now={now} />
      </td>
    </tr>
  );
}

/** Money and time: what is held and paid, and what happened when. */
export function MoneyPane({ file }: { readonly file: CaseFile }) {
  const now = useNow();
  return (
    <Pane heading="Money and time" aside={<span className={styles.totals}>{totals(file.bonuses)}</span>}>
      {file.bonuses.length > 0 && (
        <table className={styles.bonuses}>
          <colgroup>
            <col />
            <col className={styles.creditsColumn} />
            <col className={styles.statusColumn} />
            <col className={styles.whenColumn} />
          </colgroup>
          <thead className="visually-hidden">
            <tr>
              <th scope="col">Bonus</th>
              <th scope="col">Credits</th>
              <th scope="col">Status</th>
              <th scope="col">When</th>
            </tr>
          </thead>
          <tbody>
            {file.bonuses.map((bonus) => (
              <Bonus key={bonus.id} bonus={bonus} now={now} />
            ))}
          </tbody>
        </table>
      )}
      <DecisionsSoFar file={file} now={now} />
      <Timeline entries={file.timeline} now={now} />
    </Pane>
  );
}
