import { useEffect, useRef, type ReactNode } from 'react';
import type { BulkSession } from '../../../core/contract/bulk.ts';
import { capital } from '../../ui/format.ts';
import { STATE_WORDS } from './session-words.ts';
import styles from './session-head.module.css';

type Props = {
  readonly heading: string;
  readonly state: BulkSession['state'] | null;
  readonly children: ReactNode;
};

/** What the session is; takes the focus, so that no key pressed before runs what has just come up. */
export function SessionHead({ heading, state, children }: Props) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus({ preventScroll: true }), []);
  return (
    <header className={styles.head}>
      <div className={styles.top}>
        <h2 ref={title} tabIndex={-1} className={styles.heading}>
          {heading}
        </h2>
        {state !== null && <span className={styles.state}>{capital(STATE_WORDS[state])}</span>}
      </div>
      <p className={`${styles.about ?? ''} selectable`}>{children}</p>
    </header>
  );
}
