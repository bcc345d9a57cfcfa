import { useElementSize } from '@mantine/hooks';
import type { FiredSignal } from '../../../core/contract/case.ts';
import { compareBands, type Band } from '../../../core/domain/band.ts';
import { FRAUD_THRESHOLDS } from '../../../core/domain/constants.ts';
import { BandGlyph } from '../../ui/band-glyph.tsx';
import { measureAt } from '../../ui/text-width.ts';
import styles from './score-bar.module.css';

/** Where each band begins. */
const ZONES: readonly { readonly band: Band; readonly from: number }[] = [
  { band: 'low', from: 0 },
  { band: 'medium', from: FRAUD_THRESHOLDS.lowRisk + 1 },
  { band: 'high', from: FRAUD_THRESHOLDS.mediumRisk + 1 },
  { band: 'critical', from: FRAUD_THRESHOLDS.critical },
];

/** The scale goes at least this far, so that the bars of different cases compare. */
const SHORTEST_SCALE = 120;
/** As in the style sheet. */
const LABEL_SIZE = 12;
const PADDING_PX = 14;
/** Narrower than this, a band's sign stands without its word. */
const ZONE_WORD_PX = 84;

/** The label when it fits, otherwise the points alone, otherwise nothing. */
function inside(signal: FiredSignal, width: number): string {
  const whole = `${signal.label} ${signal.points}`;
  if (width >= measureAt(LABEL_SIZE)(whole, true) + PADDING_PX) return whole;
  return width >= 26 ? String(signal.points) : '';
}

/** What adds up to the score, most points first, over the bands it passes. */
export function ScoreBar({
  signals,
  score,
  band,
}: {
  readonly signals: readonly FiredSignal[];
  readonly score: number;
  readonly band: Band;
}) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const scale = Math.max(SHORTEST_SCALE, score);
  const percent = (points: number) => `${(points / scale) * 100}%`;
  const sum = signals.map((signal) => `${signal.label} ${signal.points}`).join(', ');
  return (
    <div className={styles.chart} role="img" aria-label={`Score ${score}, ${band}: ${sum}`} data-band={band}>
      <div ref={ref} className={styles.track}>
        {signals.map((signal, place) => (
          <span
            key={signal.name}
            className={styles.piece}
            data-odd={place % 2 === 1}
            style={{ width: percent(signal.points) }}
            title={`${signal.label}: ${signal.points} points`}
          >
            {inside(signal, (signal.points / scale) * width)}
          </span>
        ))}
      </div>
      <div className={styles.scale}>
        {ZONES.map((zone, place) => {
          const end = ZONES[place + 1]?.from ?? scale;
          return (
            <span
              key={zone.band}
              className={styles.zone}
              data-reached={compareBands(zone.band, band) === 0}
              style={{ left: percent(zone.from), width: percent(end - zone.from) }}
            >
              {zone.from > 0 && <span className={styles.tick}>{zone.from}</span>}
              <BandGlyph band={zone.band} size={11} />
              {((end - zone.from) / scale) * width > ZONE_WORD_PX && zone.band}
            </span>
          );
        })}
      </div>
    </div>
  );
}
