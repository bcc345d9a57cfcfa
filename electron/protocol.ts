import { randomBytes } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { contentPolicy, withNonce } from './content-policy.ts';
import { isOwnAddress } from './origin.ts';

/** What the window may be made of; any other kind of file is not served, even where it lies among these. */
const CONTENT_TYPES: { readonly [extension: string]: string } = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.woff2': 'font/woff2',
};

const HEADERS = {
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

function refusal(status: 403 | 404 | 405): Response {
  return new Response(null, { status, headers: HEADERS });
}

/** The file that an address names, or null where it names none inside the folder. Links are followed before judging. */
async function fileOf(folder: string, address: string): Promise<string | null> {
  try {
    const path = decodeURIComponent(new URL(address).pathname);
    // A backslash separates folders on Windows, and a NUL ends the name for the system but not for us.
    if (path.includes('\\') || path.includes('\0')) return null;
    const root = await realpath(folder);
    const file = await realpath(join(root, path));
    return file.startsWith(root + sep) ? file : null;
  } catch {
    return null;
  }
}

/** Answers the window's requests from `folder`, and nothing outside of it. */
export function serveFrom(folder: string): (request: Request) => Promise<Response> {
  return async (request) => {
    if (!isOwnAddress(request.url)) return refusal(403);
    if (request.method !== 'GET') return refusal(405);
    const file = await fileOf(folder, request.url);
    const contentType = file && CONTENT_TYPES[extname(file)];
    if (!contentType) return refusal(404);
    const nonce = randomBytes(16).toString('base64');
    const headers = { ...HEADERS, 'content-type': contentType, 'content-security-policy': contentPolicy(nonce) };
    if (extname(file) === '.html') return new Response(withNonce(await readFile(file, 'utf8'), nonce), { headers });
    return new Response(new Uint8Array(await readFile(file)), { headers });
  };
}
