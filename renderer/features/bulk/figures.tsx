import type { ReactNode } from 'react';
import styles from './figures.module.css';

/** The numbers of a session, side by side. */
export function Figures({ children }: { readonly children: ReactNode }) {
  return <dl className={styles.figures}>{children}</dl>;
}

export function Figure({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className={styles.figure}>
      <dd>{children}</dd>
      <dt>{name}</dt>
    </div>
  );
}
