import { SegmentedControl, useMantineColorScheme } from '@mantine/core';
import { useReadyWorkspace } from '../../app/connection.ts';
import type { ReactNode } from 'react';
import { OfflineSection } from './offline-section.tsx';
import { SettingRow } from './setting-row.tsx';
import styles from './settings-screen.module.css';

const THEMES = [
  { value: 'auto', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const;

export function SettingsScreen() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const workspace = useReadyWorkspace();
  return (
    <div className={styles.scroller}>
      <div className={styles.page}>
        <h1 className={styles.title}>Settings</h1>
        <section className={styles.section} aria-labelledby="appearance">
          <h2 id="appearance" className={styles.heading}>
            Appearance
          </h2>
          <SettingRow what="Theme" whatId="theme" hint="High contrast and reduced motion follow the system.">
            <SegmentedControl
              size="sm"
              transitionDuration={0}
              aria-labelledby="theme"
              data={[...THEMES]}
              value={colorScheme}
              onChange={setColorScheme}
            />
          </SettingRow>
        </section>
        {workspace !== null && <OfflineSection />}
        {workspace !== null && (
          <section className={styles.section} aria-labelledby="workspace">
            <h2 id="workspace" className={styles.heading}>
              Workspace
            </h2>
            <dl>
              <Fact name="Connected to">{workspace.label}</Fact>
              <Fact name="Data">{workspace.demo ? 'Demo: made up, none of these people exist' : 'Real'}</Fact>
              <Fact name="Mode">{workspace.mode}</Fact>
              <Fact name="Rule set">version {workspace.ruleSetVersion}</Fact>
              <Fact name="Signed in as">
                {workspace.analyst} ({workspace.role})
              </Fact>
            </dl>
          </section>
        )}
      </div>
    </div>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className={styles.row}>
      <dt>{name}</dt>
      <dd className={styles.value}>{children}</dd>
    </div>
  );
}
