/** What an automatic code is made of (SPEC 2): no I, L, O, 0 and 1, which people take for one another. */
export const CODE_ALPHABET = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789';
export const AUTO_CODE_LENGTH = 6;

/** A code as people type it: trimmed and in upper case. */
export function canonicalCode(typed: string): string {
  return typed.trim().toUpperCase();
}
