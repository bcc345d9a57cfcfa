import { isConnectionLoss } from '../postgres/connection-loss.ts';
import { CallFailure } from './failure.ts';
import type { Session } from './session.ts';
import type { Station } from './station.ts';

/**
 * Runs work on the workspace itself: what the cache cannot do. Ends with the contact at the latest, whatever the server says. Rejects
 * with a CallFailure where there is no contact, and with what the work fails with.
 */
export async function useSession<Result>(
  { contact, sync }: Station,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const session = contact.session();
  if (session === null) throw needsServer(sync);
  try {
    return await contact.whileOpen(work(session));
  } catch (error) {
    // One that was dropped meanwhile fails in whatever way it was used.
    if (!isConnectionLoss(error) && contact.session() === session) throw error;
    sync.now();
    throw needsServer(sync);
  }
}

function needsServer(sync: Station['sync']): CallFailure {
  const { reason } = sync.status();
  const why = reason === null ? '.' : `: ${reason}`;
  return new CallFailure('unavailable', `This needs the server, and there is no contact with it${why}`);
}
