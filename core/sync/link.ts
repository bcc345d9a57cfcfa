import type { SyncStatus } from '../contract/sync.ts';

/** What sync itself knows of the line at the foot of the window; the counts are the cache's. */
export type Link = Pick<SyncStatus, 'link' | 'offlineSince' | 'reason' | 'nextTryAt' | 'pulledAt' | 'pulling'>;

/** Contact with the server, as shown; `since` and `nextTry` in milliseconds of this computer's clock. Trying again is still `offline`. */
export type Contact =
  | { readonly state: 'connecting' }
  | { readonly state: 'online' }
  | { readonly state: 'offline'; readonly since: number; readonly reason: string; readonly nextTry: number | null };

export type Progress = {
  readonly pulledAt: string | null;
  readonly pulling: SyncStatus['pulling'];
  /** What the cache could not do, in words; it is told though there is contact. */
  readonly trouble: string | null;
};

export function linkOf(contact: Contact, { pulledAt, pulling, trouble }: Progress): Link {
  switch (contact.state) {
    case 'connecting':
    case 'online':
      return { link: contact.state, offlineSince: null, reason: trouble, nextTryAt: null, pulledAt, pulling };
    case 'offline':
      return {
        link: 'offline',
        offlineSince: new Date(contact.since).toISOString(),
        reason: contact.reason,
        nextTryAt: contact.nextTry === null ? null : new Date(contact.nextTry).toISOString(),
        pulledAt,
        pulling,
      };
  }
}
