import type { OutboxRow } from '../../../core/contract/sync.ts';
import { useCommands } from '../../ui/registry.ts';
import { Action, ActionBar } from '../bulk/action-bar.tsx';
import { useSyncActions, withdraw, withdrawSession } from './actions.ts';

const TOLD: { readonly [S in OutboxRow['state']]?: string } = {
  queued: 'It is sent as soon as the server answers. Until then it can be withdrawn, and the case is open again.',
  sending: 'It is on its way. Whether it arrived is known in a moment; sent again, it counts once.',
  awaiting_second: 'It has its effect when a second analyst decides the same. It can be taken back in the case.',
  applied: 'What has its effect is taken back in the case.',
};

/** The foot of an operation that needs nobody. */
export function RowBar({ row }: { readonly row: OutboxRow }) {
  const busy = useSyncActions((state) => state.busy);
  const mayWithdraw = row.state === 'queued';
  // What was sent of a session is taken back with the rest of it.
  const sessionId = row.kind === 'decide' && row.state in TOLD ? row.sessionId : null;
  const one = () => void (!busy && withdraw(row));
  useCommands(mayWithdraw ? { withdraw: one } : {});
  const told = row.resolution === null ? TOLD[row.state] : undefined;
  if (told === undefined && !mayWithdraw && sessionId === null) return null;
  return (
    <ActionBar>
      {mayWithdraw && (
        <Action command="withdraw" available={!busy} onPress={one}>
          Withdraw
        </Action>
      )}
      {sessionId !== null && (
        <Action available={!busy} onPress={() => void withdrawSession(sessionId)}>
          Take all of the bulk session back
        </Action>
      )}
      {told !== undefined && <p>{told}</p>}
    </ActionBar>
  );
}
