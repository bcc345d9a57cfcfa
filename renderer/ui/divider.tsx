import { Separator } from 'react-resizable-panels';
import styles from './divider.module.css';

/** The hairline between two panes; a wider area than the line takes hold of it. */
export function Divider() {
  return <Separator className={styles.divider} />;
}
