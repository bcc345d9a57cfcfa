/**
 * SQL for the stamp of an item, of SQL expressions for its id, its relationship and that one's referrer: a text that is another one
 * as soon as anything changed of what the caller is shown of it. Head and evidence of one moment have the same.
 */
export function stampSql(item: string, relationship: string, referrer: string): string {
  return `(SELECT stamped.stamp FROM umpire.stamps(ARRAY[${item}]::uuid[], ARRAY[${relationship}]::uuid[], ARRAY[${referrer}]::text[]) AS stamped)`;
}
