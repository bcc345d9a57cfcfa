import type { EvidenceSeen } from '../../../core/contract/sync.ts';
import { signalLabel } from '../../../core/domain/signals.ts';

/** One line of what was seen and what is there now; null where it was or is not there. */
export type Difference = {
  readonly name: string;
  readonly seen: string | null;
  readonly now: string | null;
  readonly changed: boolean;
};

/** What was known when it was decided against what is known now, line by line: score and band first, then signals by points. */
export function differences(seen: EvidenceSeen, now: EvidenceSeen): readonly Difference[] {
  const before = new Map(seen.signals.map(({ name, points }) => [name, points]));
  const after = new Map(now.signals.map(({ name, points }) => [name, points]));
  const weight = (name: string) => Math.max(before.get(name) ?? 0, after.get(name) ?? 0);
  const names = [...new Set([...before.keys(), ...after.keys()])].toSorted(
    (a, b) => weight(b) - weight(a) || a.localeCompare(b),
  );
  const points = (value: number | undefined) => (value === undefined ? null : `+${value}`);
  return [
    line('Score', String(seen.score), String(now.score)),
    line('Band', seen.priority, now.priority),
    ...(seen.ruleSetVersion === now.ruleSetVersion
      ? []
      : [line('Rules', `version ${seen.ruleSetVersion}`, `version ${now.ruleSetVersion}`)]),
    ...names.map((name) => line(signalLabel(name), points(before.get(name)), points(after.get(name)))),
  ];
}

function line(name: string, seen: string | null, now: string | null): Difference {
  return { name, seen, now, changed: seen !== now };
}
