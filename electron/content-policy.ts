/**
 * The window's content policy. Nothing `unsafe-*`: code comes from our own files only, and the style elements that the
 * UI kit makes carry the nonce of the very response that brought the page.
 */
export function contentPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "frame-src 'none'",
    "object-src 'none'",
  ].join('; ');
}

/** The page with the nonce where the window's code finds it. */
export function withNonce(html: string, nonce: string): string {
  return html.replace('<head>', `<head>\n    <meta name="umpire-nonce" content="${nonce}" />`);
}
