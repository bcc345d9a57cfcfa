/**
 * What a round is made of, in the order of urgency: what people decided goes first, then what others did, then what was said of
 * decisions that wait for a second analyst, then evidence, of which there may be much.
 */
export const WORKS = ['push', 'pull', 'second', 'reference', 'facts'] as const;
export type Work = (typeof WORKS)[number];

/** Where the machine is. `rest` and `idle` end by themselves or when somebody wakes it. */
export type Phase =
  | { readonly at: 'contact' }
  | { readonly at: 'work'; readonly work: Work }
  | { readonly at: 'idle' }
  /** Off-line, until the next try. */
  | { readonly at: 'rest' }
  /** The login has no account any more: only a person begins again. */
  | { readonly at: 'lost' };

/** The most urgent of what is due while there is contact; nothing due: idle. */
export function nextWork(due: ReadonlySet<Work>): Extract<Phase, { at: 'work' | 'idle' }> {
  const work = WORKS.find((one) => due.has(one));
  return work === undefined ? { at: 'idle' } : { at: 'work', work };
}
