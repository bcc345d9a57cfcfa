/** Rows by the referral that they are of, each list in the order of the rows. */
export function byReferral<Row extends { readonly relationship_id: string }>(
  rows: readonly Row[],
): ReadonlyMap<string, readonly Omit<Row, 'relationship_id'>[]> {
  const found = new Map<string, Omit<Row, 'relationship_id'>[]>();
  for (const { relationship_id: id, ...rest } of rows) {
    const before = found.get(id);
    if (before === undefined) found.set(id, [rest]);
    else before.push(rest);
  }
  return found;
}
