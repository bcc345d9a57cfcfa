import { Link, useNavigate } from '@tanstack/react-router';
import type { BulkPreview, BulkSession } from '../../../core/contract/bulk.ts';
import { counted } from '../../../core/domain/counted.ts';
import { SEVERITIES } from '../../../core/domain/vocabulary.ts';
import { failureText } from '../../app/bridge.ts';
import { BandGlyph } from '../../ui/band-glyph.tsx';
import { capital, lineName, number } from '../../ui/format.ts';
import { useCommands } from '../../ui/registry.ts';
import { unselect } from '../queue/selection.ts';
import { move, useBulkActions } from './actions.ts';
import { Action, ActionBar } from './action-bar.tsx';
import { useBulkPreview } from './bulk-queries.ts';
import { Figure, Figures } from './figures.tsx';
import { Problem } from './problem.tsx';
import { runWords } from './session-words.ts';
import styles from './preview-view.module.css';

function Numbers({ preview }: { readonly preview: BulkPreview }) {
  const { willDecide, awaitingSecond, paid, rejected, reversed, referrers, bands } = preview;
  return (
    <Figures>
      <Figure name="will be decided">{number(willDecide)}</Figure>
      {awaitingSecond > 0 && <Figure name="of them wait for a second analyst">{number(awaitingSecond)}</Figure>}
      {paid > 0 && <Figure name="credits paid">{number(paid)}</Figure>}
      {rejected > 0 && <Figure name="credits rejected">{number(rejected)}</Figure>}
      {reversed > 0 && <Figure name="credits taken back">{number(reversed)}</Figure>}
      <Figure name="referrers">{number(referrers)}</Figure>
      {SEVERITIES.toReversed()
        .filter((band) => (bands[band] ?? 0) > 0)
        .map((band) => (
          <Figure key={band} name={band}>
            <span className={styles.band}>
              <BandGlyph band={band} size={16} />
              {number(bands[band] ?? 0)}
            </span>
          </Figure>
        ))}
    </Figures>
  );
}

function Skips({ skips }: { readonly skips: BulkPreview['skips'] }) {
  if (skips.length === 0) return null;
  return (
    <section className={styles.section}>
      <h3>Will be left alone</h3>
      <ul aria-label="Will be left alone">
        {skips.map((skip) => (
          <li key={skip.reason} className={styles.row}>
            <span className={styles.count}>{number(skip.items)}</span>
            <span className={styles.text}>{skip.reason}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Referrers({ top }: { readonly top: BulkPreview['topReferrers'] }) {
  if (top.length === 0) return null;
  return (
    <section className={styles.section}>
      <h3>Referrers with the most cases</h3>
      <ul aria-label="Referrers with the most cases">
        {top.map((referrer, place) => (
          <li key={`${place} ${referrer.name}`} className={styles.row}>
            <span className={styles.count}>{number(referrer.items)}</span>
            <span className={styles.text}>{referrer.name}</span>
            <span className={styles.quiet}>{number(referrer.credits)} credits</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Outliers({ outliers }: { readonly outliers: BulkPreview['outliers'] }) {
  if (outliers.length === 0) return null;
  return (
    <section className={styles.section}>
      <h3>Unlike the rest: worth a look before the run</h3>
      <ul aria-label="Unlike the rest">
        {outliers.map(({ row, why }) => (
          <li key={row.itemId} className={styles.row} data-band={row.priority}>
            <span className={styles.score}>
              <BandGlyph band={row.priority} />
              {row.score}
            </span>
            <span className={styles.names}>
              {lineName(row.referrerName)} → {lineName(row.refereeName)}
            </span>
            <span className={styles.text}>{capital(why)}</span>
            <Link to="/queue/{-$itemId}" params={{ itemId: row.itemId }} className={styles.look}>
              Look at it
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What running would do, before anything is done. */
export function PreviewView({ session }: { readonly session: BulkSession }) {
  const navigate = useNavigate();
  const query = useBulkPreview(session.sessionId);
  const busy = useBulkActions((state) => state.busy);
  const { sessionId, isMine } = session;
  const preview = query.data;
  const available = preview !== undefined && !query.isFetching && preview.willDecide > 0 && !busy && isMine;
  const run = async () => {
    if (!available || (await move('bulk.run', sessionId)) === null) return;
    // Until now it could be chosen again; from here on what was selected is being decided.
    unselect();
  };
  const cancel = async () => {
    if ((await move('bulk.cancel', sessionId)) !== null) await navigate({ to: '/queue/{-$itemId}' });
  };
  useCommands(available ? { run: () => void run() } : {});
  return (
    <>
      <div className={styles.content} role="group" aria-label="Preview" tabIndex={0} aria-busy={query.isFetching}>
        {preview === undefined && !query.isError && <p className={styles.late}>Counting what it would do</p>}
        {query.isError && (
          <div role="alert">
            <h3>The preview could not be made</h3>
            <p>{failureText(query.error)} Nothing has been decided.</p>
            <button type="button" className={styles.retry} onClick={() => void query.refetch()}>
              Retry
            </button>
          </div>
        )}
        {preview !== undefined && (
          <>
            <Numbers preview={preview} />
            <Skips skips={preview.skips} />
            <Outliers outliers={preview.outliers} />
            <Referrers top={preview.topReferrers} />
          </>
        )}
        <Problem sessionId={sessionId} />
      </div>
      {isMine && (
        <ActionBar>
          {preview !== undefined && (
            <Action primary command="run" available={available} onPress={() => void run()}>
              {preview.willDecide > 0 ? runWords(session, preview) : 'Nothing to decide'}
            </Action>
          )}
          <Action available={!busy} onPress={() => void cancel()}>
            Cancel and choose again
          </Action>
          <p>{counted(session.items, 'case')} frozen; what has arrived since is not among them.</p>
        </ActionBar>
      )}
    </>
  );
}
