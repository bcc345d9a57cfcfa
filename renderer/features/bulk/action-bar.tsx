import type { ReactNode } from 'react';
import type { CommandId } from '../../ui/commands.ts';
import { CommandKey } from '../../ui/command-key.tsx';
import styles from './action-bar.module.css';

/** The foot of a session: it is there in every state, at the same place. */
export function ActionBar({ children }: { readonly children: ReactNode }) {
  return (
    <div role="group" aria-label="Actions" className={styles.bar}>
      {children}
    </div>
  );
}

type Props = {
  readonly children: ReactNode;
  readonly onPress: () => void;
  readonly primary?: boolean;
  readonly available?: boolean;
  readonly command?: CommandId;
};

/**
 * One press, one act: neither the second click of a double click nor a held Enter counts, since by then another button
 * may stand here.
 */
export function Action({ children, onPress, primary = false, available = true, command }: Props) {
  return (
    <button
      type="button"
      className={primary ? styles.primary : styles.action}
      aria-disabled={!available}
      onClick={(event) => available && event.detail < 2 && onPress()}
      onKeyDown={(event) => event.repeat && (event.key === 'Enter' || event.key === ' ') && event.preventDefault()}
    >
      {children}
      {command !== undefined && <CommandKey id={command} />}
    </button>
  );
}
