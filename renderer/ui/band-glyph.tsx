import type { Band } from '../../core/domain/band.ts';
import styles from './band-glyph.module.css';

/** How much of the disc is filled: the shape says the band without its colour. */
const FILL: { readonly [B in Band]: string | null } = {
  low: null,
  medium: 'M8 8 L8 3.5 A4.5 4.5 0 0 1 12.5 8 Z',
  high: 'M8 3.5 A4.5 4.5 0 0 1 8 12.5 Z',
  critical: 'M8 3.5 A4.5 4.5 0 0 1 8 12.5 A4.5 4.5 0 0 1 8 3.5 Z',
};

export function BandGlyph({ band, size = 14 }: { readonly band: Band; readonly size?: number }) {
  const fill = FILL[band];
  return (
    <svg className={styles.glyph} data-band={band} width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <circle cx="8" cy="8" r="6.25" />
      {fill !== null && <path d={fill} />}
    </svg>
  );
}
