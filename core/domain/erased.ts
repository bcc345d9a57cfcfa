/** What an erased user is called (SPEC 1). */
export const ERASED_NAME = 'Erased user';
/** A domain that exists nowhere (RFC 2606); the part before it is random. */
export const ERASED_DOMAIN = 'erased.invalid';

/** Whether this address was put in the place of an erased one. */
export function isErased(email: string): boolean {
  return email.endsWith(`@${ERASED_DOMAIN}`);
}
