import type { EvidenceSeen } from '../contract/sync.ts';
import { compareBands } from '../domain/band.ts';
import { signalLabel } from '../domain/signals.ts';

/** What changed in the evidence since somebody looked at it, one sentence each, the band first; none where nothing did. */
export function changesBetween(seen: EvidenceSeen, now: EvidenceSeen): string[] {
  return [...bandChange(seen, now), ...scoreChange(seen, now), ...signalChanges(seen, now), ...ruleChange(seen, now)];
}

function bandChange({ priority: was }: EvidenceSeen, { priority: is }: EvidenceSeen): string[] {
  const rise = compareBands(is, was);
  return rise === 0 ? [] : [`Band ${rise > 0 ? 'rose' : 'fell'} from ${was} to ${is}.`];
}

function scoreChange({ score: was }: EvidenceSeen, { score: is }: EvidenceSeen): string[] {
  return is === was ? [] : [`Score ${is > was ? 'rose' : 'fell'} from ${was} to ${is}.`];
}

function signalChanges(seen: EvidenceSeen, now: EvidenceSeen): string[] {
  const before = new Map(seen.signals.map(({ name, points }) => [name, points]));
  const after = new Map(now.signals.map(({ name, points }) => [name, points]));
  const label = labelsOf([...before.keys(), ...after.keys()]);
  const changes: string[] = [];
  for (const [name, points] of after) {
    const was = before.get(name);
    if (was === undefined) changes.push(`New signal: ${label(name)}, ${inPoints(points)}.`);
    else if (was !== points) changes.push(`${label(name)} counts ${inPoints(points)} now, ${was} before.`);
  }
  for (const [name, points] of before) {
    if (!after.has(name)) changes.push(`${label(name)} is gone, ${inPoints(points)}.`);
  }
  return changes;
}

function ruleChange({ ruleSetVersion: was }: EvidenceSeen, { ruleSetVersion: is }: EvidenceSeen): string[] {
  return is === was ? [] : [`It was scored by version ${is} of the rules; before by version ${was}.`];
}

/** Patterns have no label of their own: two of them are told apart by the head of their id. */
function labelsOf(names: readonly string[]): (name: string) => string {
  const patterns = new Set(names.filter((name) => name.startsWith('pattern:')));
  return (name) => (patterns.has(name) && patterns.size > 1 ? `Pattern ${name.slice(8, 16)}` : signalLabel(name));
}

function inPoints(points: number): string {
  return points === 1 ? '1 point' : `${points} points`;
}
