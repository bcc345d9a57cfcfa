import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import type { QueueFilter } from '../../core/contract/queue.ts';
import type { Decision } from '../../core/domain/decision.ts';

type Preferences = {
  readonly queueShown: boolean;
  readonly rightShown: boolean;
  readonly order: QueueFilter['order'];
  readonly graphAsList: boolean;
  /** The reason code each decision is made with until another one is chosen. */
  readonly reasons: { readonly [D in Decision]?: string };
};

type Actions = {
  readonly set: (change: Partial<Preferences>) => void;
  readonly chooseReason: (decision: Decision, code: string) => void;
};

/** What this analyst set up on this machine; survives a restart. */
export const usePreferences = create<Preferences & Actions>()(
  persist(
    (set) => ({
      queueShown: true,
      rightShown: true,
      order: 'priority',
      graphAsList: false,
      reasons: {},
      set: (change) => set(change),
      chooseReason: (decision, code) => set((before) => ({ reasons: { ...before.reasons, [decision]: code } })),
    }),
    { name: 'umpire.preferences', version: 1 },
  ),
);
