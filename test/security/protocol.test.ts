import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveFrom } from '../../electron/protocol.ts';

describe("the window's protocol", () => {
  let folder: string;
  let serve: ReturnType<typeof serveFrom>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'umpire-protocol-'));
    await mkdir(join(folder, 'renderer', 'assets'), { recursive: true });
    await mkdir(join(folder, 'renderer-secret'));
    await writeFile(join(folder, 'secret.json'), '{}');
    await writeFile(join(folder, 'renderer-secret', 'secret.json'), '{}');
    await writeFile(join(folder, 'renderer', 'index.html'), '<!doctype html><html><head></head></html>');
    await writeFile(join(folder, 'renderer', 'assets', 'window.js'), 'export {};');
    await writeFile(join(folder, 'renderer', 'assets', 'notes.sqlite'), 'x');
    await symlink(join(folder, 'secret.json'), join(folder, 'renderer', 'assets', 'link.json'));
    serve = serveFrom(join(folder, 'renderer'));
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('serves the page under a content policy without anything unsafe, with the nonce of this very answer', async () => {
    const answers = [
      await serve(new Request('umpire://app/index.html')),
      await serve(new Request('umpire://app/index.html')),
    ];
    const nonces = await Promise.all(
      answers.map(async (answer) => /<meta name="umpire-nonce" content="([^"]+)"/.exec(await answer.text())?.[1]),
    );
    const policies = answers.map((answer) => answer.headers.get('content-security-policy') ?? '');
    expect(new Set(nonces).size).toBe(2);
    for (const [index, policy] of policies.entries()) {
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self';");
      expect(policy).toContain(`'nonce-${nonces[index]}'`);
      expect(policy).not.toMatch(/unsafe|\*|https?:|blob:/);
    }
  });

  it('serves files with their type, not to be guessed otherwise', async () => {
    const answer = await serve(new Request('umpire://app/assets/window.js'));
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('x-content-type-options')]).toEqual([
      200,
      'text/javascript; charset=utf-8',
      'nosniff',
    ]);
  });

  it.each([
    ['../ in the path', 'umpire://app/../secret.json'],
    ['../ in escapes', 'umpire://app/%2e%2e/secret.json'],
    ['../ with an escaped slash', 'umpire://app/..%2fsecret.json'],
    ['../ further in', 'umpire://app/assets/..%2f..%2fsecret.json'],
    ['a folder whose name only begins the same', 'umpire://app/..%2frenderer-secret/secret.json'],
    ['backslashes', 'umpire://app/..%5csecret.json'],
    ['a link that leads outside', 'umpire://app/assets/link.json'],
    ['an absolute path', 'umpire://app//etc/passwd'],
    ['a NUL', 'umpire://app/index.html%00.js'],
    ['a broken escape', 'umpire://app/%E0%A4%A'],
    ['a kind of file that no window is made of', 'umpire://app/assets/notes.sqlite'],
    ['a folder', 'umpire://app/assets'],
    ['a file that is not there', 'umpire://app/nothing.js'],
  ])('does not serve %s', async (_what, address) => {
    expect((await serve(new Request(address))).status).toBe(404);
  });

  it.each(['umpire://other/index.html', 'umpire://app.example/index.html', 'https://app/index.html'])(
    'does not serve %s',
    async (address) => {
      expect((await serve(new Request(address))).status).toBe(403);
    },
  );

  it.each(['POST', 'PUT', 'DELETE'])('does not take a %s', async (method) => {
    expect((await serve(new Request('umpire://app/index.html', { method }))).status).toBe(405);
  });
});
