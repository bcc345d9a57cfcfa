import { createContext, useContext } from 'react';

export type QueueContext = {
  /** Whether the queue is known to have nothing in this view. */
  readonly empty: boolean;
  /** The open case, null when none is. */
  readonly selected: string | null;
  readonly open: (itemId: string) => void;
  readonly next: () => void;
  readonly previous: () => void;
  /** The cases that are likely to be opened next. */
  readonly ahead: readonly string[];
  /** Opens what follows the open case; called before it leaves the queue. */
  readonly advance: () => void;
};

export const QueueNavigation = createContext<QueueContext | null>(null);

export function useQueueNavigation(): QueueContext {
  const context = useContext(QueueNavigation);
  if (context === null) throw new Error('outside of the queue screen');
  return context;
}
