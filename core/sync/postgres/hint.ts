import { connectAlone, type Pool } from '../../postgres/connection.ts';

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/**
 * Listens on a connection of its own, and again when that ends; calls after every connection too, since what was told meanwhile is
 * lost. Returns how to stop.
 */
export function listen(pool: Pool, hint: () => void): () => void {
  let isOver = false;
  let wait = FIRST_WAIT_MS;
  let timer: NodeJS.Timeout | undefined;
  let close: (() => void) | null = null;

  const again = (): void => {
    close = null;
    if (isOver) return;
    timer = setTimeout(() => void open(), wait);
    timer.unref();
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  };
  const open = async (): Promise<void> => {
    try {
      const client = await connectAlone(pool, 'umpire hints');
      client.once('end', again);
      client.on('notification', () => !isOver && hint());
      close = () => void client.end().catch(() => {});
      if (isOver) return close();
      await client.query('LISTEN umpire_changed').catch((error: unknown) => {
        close?.();
        throw error;
      });
      wait = FIRST_WAIT_MS;
      hint();
    } catch {
      // Whoever pulls and pushes learns why; here there is nothing to lose.
      if (close === null) again();
    }
  };
  void open();
  return () => {
    isOver = true;
    clearTimeout(timer);
    close?.();
  };
}
