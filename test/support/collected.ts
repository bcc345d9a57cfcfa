import type { Head, LiveClaim, PullPage, Server } from '../../core/sync/ports.ts';

/** What one analyst has pulled so far, kept as a cache keeps it. */
export class Collected {
  readonly heads = new Map<string, Head>();
  claims: readonly LiveClaim[] = [];
  position: { epoch: string; cursor: string } | null = null;
  private readonly server: Server;

  constructor(server: Server) {
    this.server = server;
  }

  /** Pulls what changed; tells what came. */
  async pull(): Promise<{
    readonly full: boolean;
    readonly isSameHistory?: boolean;
    readonly came: readonly string[];
    readonly gone: readonly string[];
  }> {
    const pages: PullPage[] = [];
    const end = await this.server.pull(this.position, (page) => Promise.resolve(void pages.push(page)));
    const heads = pages.flatMap((page) => page.heads);
    const gone = pages.flatMap((page) => page.gone);
    if (end.full) this.heads.clear();
    for (const head of heads) this.heads.set(head.itemId, head);
    for (const id of gone) this.heads.delete(id);
    this.claims = end.claims;
    this.position = { epoch: end.epoch, cursor: end.cursor };
    const came = heads.map(({ itemId }) => itemId);
    return end.full ? { full: true, isSameHistory: end.isSameHistory, came, gone } : { full: false, came, gone };
  }

  sorted(): readonly Head[] {
    return [...this.heads.values()].sort((a, b) => (a.itemId < b.itemId ? -1 : 1));
  }

  /** What a first pull would bring now. */
  async fresh(): Promise<readonly Head[]> {
    const other = new Collected(this.server);
    await other.pull();
    return other.sorted();
  }
}
