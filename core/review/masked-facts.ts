import { z } from 'zod';
import { isErased } from '../domain/erased.ts';
import { keptName } from '../domain/short-name.ts';
import type { CaseFacts } from './case-facts.ts';
import type { StoredEvidence } from './sentences.ts';

/**
 * Facts as they may lie in a cache (SPEC 5): names shortened, e-mail masked except where a signal is about it. Whatever is to be
 * compared with what is hidden here was compared before, when the facts were read.
 */
export function maskedFacts(facts: CaseFacts): CaseFacts {
  const about = facts.evidence.flatMap(addressesOf);
  const side = (role: Role): CaseFacts[Role] => {
    const { person, ...rest } = facts[role];
    const email = about.includes(role) ? person.email : maskedEmail(person.email);
    return { ...rest, person: { ...person, name: keptName(person.name), email } };
  };
  return {
    ...facts,
    referrer: side('referrer'),
    referee: side('referee'),
    graph: {
      ...facts.graph,
      nodes: facts.graph.nodes.map((node) => (node.kind === 'user' ? { ...node, label: keptName(node.label) } : node)),
    },
  };
}

/**
 * An address of which the domain can be read, and of the part before it the first and the last character: `l…a@example.com`. Of a part
 * too short to hide anything between them, none.
 */
export function maskedEmail(email: string): string {
  if (isErased(email)) return email;
  const at = email.lastIndexOf('@');
  const local = Array.from(email.slice(0, Math.max(at, 0)));
  const [first, last] = local.length < 4 ? ['', ''] : [local[0], local.at(-1)];
  return `${first}…${last}${at === -1 ? '' : email.slice(at)}`;
}

type Role = 'referrer' | 'referee';

const similar = z.object({ other: z.enum(['referrer', 'referee']) });
const pattern = z.object({ matched: z.string() });

/** Whose address a signal is about. */
function addressesOf({ signal, evidence }: StoredEvidence): Role[] {
  if (signal === 'disposable_email') return ['referee'];
  // `other` of an earlier referee is neither side of this case.
  if (signal === 'similar_email') {
    return similar.safeParse(evidence).data?.other === 'referrer' ? ['referee', 'referrer'] : ['referee'];
  }
  const matched = pattern.safeParse(evidence).data?.matched;
  return signal.startsWith('pattern:') && ['domain', 'email_regex'].includes(matched ?? '') ? ['referee'] : [];
}
