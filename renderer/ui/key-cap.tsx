import styles from './key-cap.module.css';

/** A key to press; said by the list of keys, so not read out beside every button. */
export function KeyCap({ children }: { readonly children: string }) {
  return (
    <kbd className={styles.cap} aria-hidden="true">
      {children}
    </kbd>
  );
}
