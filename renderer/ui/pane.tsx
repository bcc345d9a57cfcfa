import { useId, type ReactNode } from 'react';
import styles from './pane.module.css';

/** A pane of the case: a heading, a fact or control beside it, and what scrolls when there is too much. */
export function Pane({
  heading,
  aside,
  children,
  fixed = false,
}: {
  readonly heading: string;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  /** The content fills the pane and never scrolls. */
  readonly fixed?: boolean;
}) {
  const id = useId();
  return (
    <section className={styles.pane} aria-labelledby={id}>
      <header className={styles.head}>
        <h2 id={id}>{heading}</h2>
        {aside}
      </header>
      {/* Scrolled by keys too, so it takes the focus. */}
      <div
        className={styles.content}
        data-fixed={fixed}
        {...(fixed ? {} : { tabIndex: 0, role: 'group', 'aria-labelledby': id })}
      >
        {children}
      </div>
    </section>
  );
}
