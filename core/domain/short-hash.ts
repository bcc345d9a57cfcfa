/** A hash as it is shown: the first four and the last two characters, "7f3a…c2". */
export function shortHash(hash: string): string {
  return hash.length <= 7 ? hash : `${hash.slice(0, 4)}…${hash.slice(-2)}`;
}
