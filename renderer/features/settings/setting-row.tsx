import type { ReactNode } from 'react';
import styles from './settings-screen.module.css';

type SettingRowProps = {
  readonly what: string;
  /** Of the element that says it, for a control that is labelled by it. */
  readonly whatId?: string;
  readonly hint: string;
  /** The hint changes by what is done here, and is read out then. */
  readonly isHintLive?: boolean;
  /** Why what was asked for was not done. */
  readonly problem?: string | null;
  /** Makes a group of this name of it. */
  readonly group?: string;
  /** What is done about it. */
  readonly children?: ReactNode;
};

/** One thing of a section, and what can be done about it. */
export function SettingRow({
  what,
  whatId,
  hint,
  isHintLive = false,
  problem = null,
  group,
  children,
}: SettingRowProps) {
  return (
    <div className={styles.row} role={group === undefined ? undefined : 'group'} aria-label={group}>
      <div>
        <p id={whatId}>{what}</p>
        <p className={styles.hint} role={isHintLive ? 'status' : undefined}>
          {hint}
        </p>
        {problem !== null && (
          <p role="alert" className={styles.failed}>
            {problem}
          </p>
        )}
      </div>
      {children}
    </div>
  );
}
