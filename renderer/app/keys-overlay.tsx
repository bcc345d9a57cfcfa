import { Modal } from '@mantine/core';
import { COMMANDS, shownKeys, type Command } from '../ui/commands.ts';
import { KeyCap } from '../ui/key-cap.tsx';
import styles from './keys-overlay.module.css';

const GROUPS = ['Decide', 'Move', 'Select', 'Umpire', 'Look'] as const;
const ALL: readonly Command[] = COMMANDS;

export function KeysOverlay({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keys" size={720} centered>
      <div className={styles.groups}>
        {GROUPS.map((group) => (
          <section key={group} className={styles.section}>
            <h3 className={styles.group}>{group}</h3>
            <dl className={styles.list}>
              {ALL.filter((command) => command.group === group).map((command) => (
                <div key={command.id} className={styles.row}>
                  <dt>{command.label}</dt>
                  <dd>
                    <span className="visually-hidden">{shownKeys(command, globalThis.umpire.platform)}</span>
                    {shownKeys(command, globalThis.umpire.platform)
                      .split(' ')
                      .map((key) => (key === '…' ? <span key={key}>…</span> : <KeyCap key={key}>{key}</KeyCap>))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <p className={styles.foot}>Keys work in every pane except in text fields; Esc leaves a text field.</p>
    </Modal>
  );
}
