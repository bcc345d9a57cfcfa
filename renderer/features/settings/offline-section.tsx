import { SegmentedControl } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { KEEP_CHOICES, type CacheSettings } from '../../../core/contract/sync.ts';
import { counted } from '../../../core/domain/counted.ts';
import { ask, failureText } from '../../app/bridge.ts';
import { queryClient } from '../../app/query-client.ts';
import { number, size } from '../../ui/format.ts';
import { OtherCopies } from './other-copies.tsx';
import { RemoveCopy } from './remove-copy.tsx';
import { SettingRow } from './setting-row.tsx';
import { SETTINGS } from './settings-query.ts';
import styles from './settings-screen.module.css';

const KEY_WORDS: { readonly [K in CacheSettings['key']]: string } = {
  keychain: 'Encrypted; the key is in the keychain of this computer.',
  file: 'This computer has no keychain: the copy is protected by file permissions only.',
};

const KEPT_WORDS =
  'The rows of the whole queue; of the most urgent cases signals, evidence, graph and amounts; recent decisions; what you decided. ' +
  'Names are shortened and e-mail addresses masked, except where a signal is about them.';

function sizeWords({ bytes, expectedBytes, cases, items }: CacheSettings): string {
  const now = `Takes ${size(bytes)} now: ${counted(cases, 'case')} whole, ${counted(items, 'row')} of the queue.`;
  return expectedBytes > bytes * 1.05 ? `${now} ${size(expectedBytes)} when all of it is here.` : now;
}

function Keep({ settings }: { readonly settings: CacheSettings }) {
  const change = useMutation({
    networkMode: 'always',
    mutationFn: (keep: number) => ask('sync.keep', { keep }),
    onSuccess: (changed) => queryClient.setQueryData(SETTINGS, changed),
  });
  const chosen = change.isPending ? change.variables : settings.keep;
  const choices = [...new Set([...KEEP_CHOICES, chosen])].toSorted((a, b) => a - b);
  return (
    <SettingRow
      what="Open cases kept whole"
      whatId="keep"
      hint={sizeWords(settings)}
      problem={change.isError ? `Not changed: ${failureText(change.error)}` : null}
    >
      <SegmentedControl
        size="sm"
        transitionDuration={0}
        aria-labelledby="keep"
        data={choices.map((choice) => ({ value: String(choice), label: number(choice) }))}
        value={String(chosen)}
        onChange={(value) => change.mutate(Number(value))}
      />
    </SettingRow>
  );
}

/** What is kept on this computer, how much of it, how it is protected, and how it is removed. */
export function OfflineSection() {
  const query = useQuery({
    queryKey: SETTINGS,
    queryFn: () => ask('sync.settings', {}),
    staleTime: 0,
    refetchInterval: 5_000,
  });
  const settings = query.data;
  return (
    <section className={styles.section} aria-labelledby="offline">
      <h2 id="offline" className={styles.heading}>
        Off-line use
      </h2>
      {query.isError && settings === undefined && (
        <p role="alert" className={styles.failed}>
          What is kept could not be read. {failureText(query.error)}
        </p>
      )}
      {settings !== undefined && (
        <>
          <Keep settings={settings} />
          <SettingRow what="What is kept" hint={KEPT_WORDS} />
          <SettingRow what="Protection" hint={KEY_WORDS[settings.key]} />
          <OtherCopies others={settings.others} />
          <RemoveCopy loss={settings} />
        </>
      )}
    </section>
  );
}
