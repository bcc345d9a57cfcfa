import type { CaseFile } from '../../../core/contract/case.ts';
import { useMay } from '../../app/connection.ts';
import { useIsOnline } from '../../app/sync-state.ts';
import { clockTime } from '../../ui/format.ts';
import { Icon } from '../../ui/icons.tsx';
import { CommandKey } from '../../ui/command-key.tsx';
import { useNow } from '../../ui/now.ts';
import { useCommands } from '../../ui/registry.ts';
import { isForWork } from './bar-state.ts';
import { takeOver } from './claim.ts';
import styles from './presence.module.css';

type Claim = NonNullable<CaseFile['claim']>;

function TakeOver({ itemId, claim }: { readonly itemId: string; readonly claim: Claim }) {
  const take = () => void takeOver(itemId, claim.by);
  useCommands({ takeOver: take });
  return (
    <button type="button" className={styles.take} onClick={take}>
      take over <CommandKey id="takeOver" />
    </button>
  );
}

/** Who else works on the case now, and the way to take it from them. */
export function Presence({ file }: { readonly file: CaseFile }) {
  const now = useNow();
  const may = useMay();
  const isOnline = useIsOnline();
  const { claim, itemId } = file;
  if (claim === null || claim.isMine || Date.parse(claim.until) <= now) return null;
  if (file.status !== 'pending' && file.status !== 'escalated') return null;
  return (
    <span className={styles.presence}>
      <Icon name="person" size={12} />
      <span>
        {claim.by} is on it until {clockTime(claim.until, now)}
      </span>
      {isOnline && isForWork(file, may, null) && <TakeOver itemId={itemId} claim={claim} />}
    </span>
  );
}
