import { useMutation } from '@tanstack/react-query';
import type { OtherCopy } from '../../../core/contract/sync.ts';
import { ask, failureText } from '../../app/bridge.ts';
import { queryClient } from '../../app/query-client.ts';
import { say } from '../case/decisions-made.ts';
import { otherCopyWords } from './other-copy-words.ts';
import { SettingRow } from './setting-row.tsx';
import { SETTINGS } from './settings-query.ts';
import styles from './settings-screen.module.css';

/** Copies of other servers and logins: nothing here sends what waits in them, and nothing drops it. */
export function OtherCopies({ others }: { readonly others: readonly OtherCopy[] }) {
  return others.map((other) => <Other key={other.copy} other={other} />);
}

function Other({ other }: { readonly other: OtherCopy }) {
  const remove = useMutation({
    networkMode: 'always',
    // The system asks whether it is meant, with what would be lost.
    mutationFn: () => ask('sync.wipeOther', { copy: other.copy }),
    onSuccess: ({ removed }) => {
      if (removed) say('The other copy was removed');
      return queryClient.invalidateQueries({ queryKey: SETTINGS });
    },
  });
  const { what, hint } = otherCopyWords(other);
  return (
    <SettingRow
      what={what}
      hint={hint}
      problem={remove.isError ? `Not removed: ${failureText(remove.error)}` : null}
      group="Another copy on this computer"
    >
      <button
        type="button"
        className={styles.action}
        aria-disabled={remove.isPending}
        onClick={() => {
          if (!remove.isPending) remove.mutate();
        }}
      >
        Remove this copy…
      </button>
    </SettingRow>
  );
}
