/** The window's own address. A real origin, where `file:` would be none. */
export const SCHEME = 'umpire';
export const HOST = 'app';
export const START_URL = `${SCHEME}://${HOST}/index.html`;

/** Whether an address is one of the window's own. `URL.origin` knows no origin for our scheme, so its parts are compared. */
export function isOwnAddress(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  return url.protocol === `${SCHEME}:` && url.host === HOST && url.username === '' && url.password === '';
}
