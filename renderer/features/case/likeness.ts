import type { CaseFile } from '../../../core/contract/case.ts';

type Likeness = CaseFile['likenesses'][number];
type Fact = Likeness['fact'];

/** `equal` where any of the facts is equal, else `near` where any is near, else null. */
export function likenessOf(likenesses: readonly Likeness[], facts: readonly Fact[]): Likeness['kind'] | null {
  const kinds = likenesses.filter((likeness) => facts.includes(likeness.fact)).map((likeness) => likeness.kind);
  if (kinds.includes('equal')) return 'equal';
  return kinds.includes('near') ? 'near' : null;
}
