/**
 * What a round is made of, in the order of urgency: what the server answered is to be there still, then what people decided goes first, then what others did, then what was said of
 * decisions that wait for a second analyst, then evidence, of which there may be much.
 */
export const WORKS = ['verify', 'push', 'pull', 'second', 'reference', 'facts'] as const;
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

/**
 * The most urgent of what is due while there is contact; nothing due: idle. Until the epoch of the server is that of the cache there
 * is only the pull: versions that decisions were made on, and stamps, are of one epoch.
 */
export function nextWork(due: ReadonlySet<Work>, isSameEpoch: boolean): Extract<Phase, { at: 'work' | 'idle' }> {
  const work = isSameEpoch ? WORKS.find((one) => due.has(one)) : due.has('pull') ? 'pull' : undefined;
  return work === undefined ? { at: 'idle' } : { at: 'work', work };
}
