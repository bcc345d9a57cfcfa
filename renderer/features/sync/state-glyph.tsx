import { Icon, type IconName } from '../../ui/icons.tsx';
import type { Sign } from './outbox-words.ts';
import styles from './state-glyph.module.css';

/** Each state has a shape of its own, so that no colour is needed to tell them apart. */
const SHAPES: { readonly [S in Sign]: IconName } = {
  queued: 'clock',
  sending: 'up',
  applied: 'check',
  agreed: 'twice',
  awaiting_second: 'person',
  conflict: 'differ',
  returned: 'undo',
  rejected: 'cross',
  withdrawn: 'minus',
  settled: 'settled',
};

export function StateGlyph({ sign, size = 14 }: { readonly sign: Sign; readonly size?: number }) {
  return (
    <span className={styles.glyph} data-sign={sign}>
      <Icon name={SHAPES[sign]} size={size} />
    </span>
  );
}
