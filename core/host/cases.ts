import type { CachedCase } from '../cache/cache.ts';
import type { CaseAnswer, CaseFile } from '../contract/case.ts';
import type { KeptFacts } from '../sync/ports.ts';
import { caseFileOfKept } from '../review/kept-case.ts';
import { referenceOf } from './reference.ts';
import type { Station } from './station.ts';

/** How long an opened case waits for its evidence of now, where what is kept is older; what comes later is told as a change. */
const REFRESH_WITHIN_MS = 150;
/** Where nothing is kept there is nothing to show meanwhile. */
const FETCH_WITHIN_MS = 1500;

/** Opens a case from the cache; asks the server for what is older or missing there. Null where there is no such item. */
export async function openCase(station: Station, itemId: string): Promise<CaseAnswer | null> {
  const { cache } = station;
  const before = cache.caseOf(itemId);
  if (before === null || before.isGone) return unlisted(station, itemId);
  const kept = answerOf(station, before);
  if (kept.state === 'whole' && !kept.isStale) return kept;
  const milliseconds = kept.state === 'whole' ? REFRESH_WITHIN_MS : FETCH_WITHIN_MS;
  if (!(await refreshed(station, itemId, milliseconds))) return kept;
  const after = cache.caseOf(itemId);
  // What was asked for just now may be younger than the row, which the next pull brings.
  return after === null || after.isGone ? null : answerOf(station, { ...after, isStale: false });
}

/** Off-line, and where it takes too long, what is kept is what there is. */
async function refreshed(
  { sync, patience, cache, changed }: Station,
  itemId: string,
  milliseconds: number,
): Promise<boolean> {
  if (sync.status().link !== 'online') return false;
  const work = (): Promise<boolean> => sync.refresh([itemId]).then(() => true);
  const late = (): void => {
    // Told where it is of now: what is still older is not asked for in a circle.
    if (cache.caseOf(itemId)?.isStale === false) changed();
  };
  return (await patience.ask(milliseconds, work, late).catch(() => null)) ?? false;
}

/** An item that the cache does not hold, as one that was closed long ago: only the server has it. */
async function unlisted(station: Station, itemId: string): Promise<CaseAnswer | null> {
  const { contact, patience } = station;
  if (contact.session() === null) return null;
  const work = (): Promise<KeptFacts[]> => contact.server().then((server) => server.facts([itemId]));
  const [facts] = (await patience.ask(FETCH_WITHIN_MS, work).catch(() => null)) ?? [];
  const file = facts === undefined ? null : fileOf(station, facts.json, null);
  return file === null || facts === undefined
    ? null
    : { state: 'whole', file, isStale: false, readAt: facts.at, undelivered: null };
}

function fileOf({ cache, serverNow }: Station, json: string, claim: CaseFile['claim']): CaseFile | null {
  const { records } = referenceOf(cache.reference());
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return caseFileOfKept(json, { now: serverNow(), zone, records, claim });
}

function answerOf(station: Station, kept: CachedCase): CaseAnswer {
  const { head, statusVersion, facts, readAt, isStale, claim, overlay, takenBack } = kept;
  // Off-line nobody tells that a claim is over: its time does.
  const isOver = claim === null || Date.parse(claim.until) <= station.serverNow().getTime();
  const told = isOver ? null : { by: claim.by, until: claim.until, isMine: claim.isMine };
  const file = facts === null ? null : fileOf(station, facts, told);
  if (file === null || readAt === null) return { state: 'not_kept' };
  const standing = file.version > statusVersion ? file.status : head.status;
  // Settings change it too, which leave the evidence as it is.
  const secondReview = file.version > head.version ? file.secondReview : head.secondReview;
  return {
    state: 'whole',
    // The evidence keeps the version that it is of: that is what a decision says it has seen.
    file: {
      ...file,
      status: overlay?.status ?? standing,
      secondReview: secondReview === 'mine' && takenBack.length > 0 ? 'needed' : secondReview,
      decisions: file.decisions.map((made) =>
        takenBack.includes(made.decisionId) ? { ...made, isUndone: true, undo: null } : made,
      ),
    },
    // One's own decision that was answered changed the row's status before any pull told of it.
    isStale: isStale || file.version < head.version || standing !== file.status,
    readAt,
    undelivered: overlay?.kind === 'decide' ? overlay.id : null,
  };
}
