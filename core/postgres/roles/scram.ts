import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

/** As many as PostgreSQL itself uses where nothing else is configured. */
const ITERATIONS = 4096;

/**
 * What PostgreSQL keeps of a password (RFC 5803): enough to check it, not enough to log in with. The password is ASCII, so that
 * no preparation of its characters is needed.
 */
export function scramVerifier(password: string, salt: Buffer): string {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const key = (name: string): Buffer => createHmac('sha256', salted).update(name).digest();
  const stored = createHash('sha256').update(key('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${stored}:${key('Server Key').toString('base64')}`;
}

/** Without characters that look like others: it is read from one screen and typed into another. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const LENGTH = 24;

/** A password from random bytes; `bytes(n)` gives n of them. 24 of 55 characters are 138 bits. */
export function newPassword(bytes: (count: number) => Buffer): string {
  let password = '';
  while (password.length < LENGTH) {
    for (const byte of bytes(LENGTH)) {
      // What is left over of 256 would make the first letters likelier.
      if (byte < 256 - (256 % LETTERS.length) && password.length < LENGTH) password += LETTERS[byte % LETTERS.length];
    }
  }
  return password;
}
