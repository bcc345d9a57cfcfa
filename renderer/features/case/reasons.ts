import { useQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import type { reasonCode } from '../../../core/contract/workspace.ts';
import { DECISIONS, type Decision } from '../../../core/domain/decision.ts';
import { ask } from '../../app/bridge.ts';
import { words } from '../../ui/format.ts';
import { usePreferences } from '../../ui/preferences.ts';

type Reason = z.infer<typeof reasonCode>;

const COMING_MS = 500;
const CHANGES_MS = 60_000;

/** `digit` is the key that chooses the reason; there are nine of them. */
export type NumberedReason = Reason & { readonly digit: string | null };

/** Numbers the reasons decision by decision; each decision gets its fair share of the nine keys, in its own order. */
export function numbered(reasons: readonly Reason[]): readonly NumberedReason[] {
  const share = new Map<Decision, number>(DECISIONS.map((decision) => [decision, 0]));
  const count = (decision: Decision) => reasons.filter((reason) => reason.decision === decision).length;
  for (let free = 9, before = -1; free > 0 && free !== before;) {
    before = free;
    for (const decision of DECISIONS) {
      const has = share.get(decision) ?? 0;
      if (free > 0 && has < count(decision)) {
        share.set(decision, has + 1);
        free -= 1;
      }
    }
  }
  let digit = 0;
  return DECISIONS.flatMap((decision) =>
    reasons
      .filter((reason) => reason.decision === decision)
      .map((reason, n) => ({ ...reason, digit: n < (share.get(decision) ?? 0) ? String((digit += 1)) : null })),
  );
}

export function useReasons(): readonly NumberedReason[] {
  const list = useQuery({
    queryKey: ['reasons'],
    queryFn: () => ask('reasons.list', {}),
    staleTime: CHANGES_MS,
    // Of a copy that is being filled for the first time the reasons come after the first cases.
    refetchInterval: (query) => ((query.state.data?.length ?? 0) === 0 ? COMING_MS : CHANGES_MS),
    select: numbered,
  });
  return list.data ?? [];
}

/** The reason a decision is made with: the one chosen last, or the first there is. */
export function chosenReason(
  reasons: readonly NumberedReason[],
  decision: Decision,
  chosen: string | undefined,
): NumberedReason | undefined {
  const fitting = reasons.filter((reason) => reason.decision === decision);
  return fitting.find((reason) => reason.code === chosen) ?? fitting[0];
}

export function useChosenReasons(reasons: readonly NumberedReason[]) {
  const chosen = usePreferences((preferences) => preferences.reasons);
  return (decision: Decision) => chosenReason(reasons, decision, chosen[decision]);
}

/** What a reason is called; one that is not in force any more is read from its code. */
export function useReasonLabel(): (code: string) => string {
  const reasons = useReasons();
  return (code) => reasons.find((reason) => reason.code === code)?.label ?? words(code);
}
