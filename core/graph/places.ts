/** A device or an address that one or both people of a case were seen at. */
export type Place = {
  readonly kind: 'device' | 'address';
  readonly hash: string;
  /** Accounts ever seen here, in the whole database. */
  readonly accounts: number;
  /** A rejected referral was registered from here. */
  readonly flagged: boolean;
  /** Which of the two people, and when first. */
  readonly seenBy: ReadonlyMap<string, string>;
};

export function placeId(kind: Place['kind'], hash: string): string {
  return `${kind}:${hash}`;
}

/** What a reader looks for first: shared by both, then with other accounts, then devices, then the newest. */
export function rankPlaces(places: readonly Place[]): Place[] {
  const newest = (place: Place): string => [...place.seenBy.values()].sort().at(-1) ?? '';
  return [...places].sort(
    (a, b) =>
      b.seenBy.size - a.seenBy.size ||
      Number(b.accounts > b.seenBy.size) - Number(a.accounts > a.seenBy.size) ||
      Number(b.kind === 'device') - Number(a.kind === 'device') ||
      (newest(a) < newest(b) ? 1 : newest(a) > newest(b) ? -1 : 0) ||
      (a.hash < b.hash ? -1 : 1),
  );
}
