import type { OutboxRow } from '../../../core/contract/sync.ts';
import { useCommands } from '../../ui/registry.ts';
import { Action, ActionBar } from '../bulk/action-bar.tsx';
import { useSyncActions, withdraw, withdrawSession } from './actions.ts';
import { mayWithdraw, rowWords } from './row-words.ts';

/** What was sent of a session is taken back with the rest of it. */
const IN_SESSION: readonly OutboxRow['state'][] = ['queued', 'sending', 'awaiting_second', 'applied'];

/** The foot of an operation that needs nobody. */
export function RowBar({ row }: { readonly row: OutboxRow }) {
  const busy = useSyncActions((state) => state.busy);
  const canWithdraw = mayWithdraw(row);
  const sessionId = row.kind === 'decide' && IN_SESSION.includes(row.state) && !row.isUndone ? row.sessionId : null;
  const one = () => void (!busy && withdraw(row));
  useCommands(canWithdraw ? { withdraw: one } : {});
  const told = rowWords(row);
  if (told === null && !canWithdraw && sessionId === null) return null;
  return (
    <ActionBar>
      {canWithdraw && (
        <Action command="withdraw" available={!busy} onPress={one}>
          Withdraw
        </Action>
      )}
      {sessionId !== null && (
        <Action available={!busy} onPress={() => void withdrawSession(sessionId)}>
          Take all of the bulk session back
        </Action>
      )}
      {told !== null && <p>{told}</p>}
    </ActionBar>
  );
}
