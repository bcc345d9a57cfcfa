import type { CaseFile } from '../../../core/contract/case.ts';
import { whyNext } from '../../../core/domain/why-next.ts';
import { BandGlyph } from '../../ui/band-glyph.tsx';
import { capital, due, exactMoment, number } from '../../ui/format.ts';
import { useNow } from '../../ui/now.ts';
import { usePreferences } from '../../ui/preferences.ts';
import { useQueueNavigation } from '../queue/queue-context.ts';
import { ORDER_LABELS } from '../queue/queue-filter.ts';
import { Presence } from './presence.tsx';
import styles from './case-header.module.css';

function stakeText({ rejects, takesBack }: CaseFile['stake']): string {
  if (rejects === 0 && takesBack === 0) return 'Nothing at stake';
  const parts = [
    rejects > 0 ? `${number(rejects)} held` : null,
    takesBack > 0 ? `${number(takesBack)} paid, can be taken back` : null,
  ].filter((part) => part !== null);
  return `${number(rejects + takesBack)} credits at stake: ${parts.join(', ')}`;
}

function Standing({ file }: { readonly file: CaseFile }) {
  const now = useNow();
  if (file.status === 'approved' || file.status === 'rejected')
    return <p className={styles.strong}>{capital(file.status)}</p>;
  const deadline = due(file.dueAt, now);
  return (
    <p title={exactMoment(file.dueAt)}>
      {file.status === 'escalated' && <span className={styles.strong}>Escalated · </span>}
      <span className={styles.due} data-overdue={deadline.overdue}>
        {capital(deadline.text)}
      </span>
    </p>
  );
}

/** Why the case stands where it stands in the queue. */
function WhyNext({ file }: { readonly file: CaseFile }) {
  const now = useNow();
  const order = usePreferences((preferences) => preferences.order) ?? 'priority';
  if (file.status !== 'pending' && file.status !== 'escalated') return null;
  const place = { ...file, stake: file.stake.rejects + file.stake.takesBack };
  return (
    <p
      className={styles.why}
      title={`Why it stands where it stands in the queue, by ${ORDER_LABELS[order].toLowerCase()}`}
    >
      Why now: {whyNext(place, order, new Date(now))}
    </p>
  );
}

export function CaseHeader({ file }: { readonly file: CaseFile }) {
  const { open } = useQueueNavigation();
  const { previousItemId } = file;
  return (
    <header className={styles.header}>
      <div className={styles.score} data-band={file.band}>
        <BandGlyph band={file.band} size={22} />
        <span className={styles.number}>{file.score}</span>
        <span className={styles.band}>{capital(file.band)}</span>
      </div>
      <div className={styles.middle}>
        <p className={styles.stake}>{stakeText(file.stake)}</p>
        <h2 className={styles.names} title={`${file.referrer.name} → ${file.referee.name}`}>
          {file.referrer.name} <span aria-label="referred">→</span> {file.referee.name}
        </h2>
        <WhyNext file={file} />
      </div>
      <div className={styles.side}>
        <div className={styles.standing}>
          <Presence file={file} />
          <Standing file={file} />
        </div>
        <p className={styles.quiet}>
          {previousItemId !== null && (
            <button
              type="button"
              className={styles.link}
              title="Its band rose after a decision: open the earlier case"
              onClick={() => open(previousItemId)}
            >
              Came back
            </button>
          )}
          {file.assignedTo !== null && <span>{file.assignedTo}</span>}
          <span>{capital(file.stage)}</span>
          {file.sourceAppId !== null && <span>via {file.sourceAppId}</span>}
          <span className="selectable" title={`${capital(file.code.type)} code, used ${number(file.code.uses)} times`}>
            {file.code.code}
          </span>
          <span title={`Scored ${exactMoment(file.scoredAt)}`}>Rules v{file.ruleSetVersion}</span>
        </p>
      </div>
    </header>
  );
}
