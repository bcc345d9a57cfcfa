import { AxeBuilder } from '@axe-core/playwright';
import type { Locator, Page } from 'playwright';
import { expect } from 'vitest';
import type { SyncStatus } from '../../core/contract/sync.ts';

/** As long as the window may take for anything on a loaded machine. */
export const SOON = { timeout: 20_000 };

export const caseRegion = (window: Page): Locator => window.getByRole('region', { name: 'Case', exact: true });
export const foot = (window: Page): Locator => window.getByRole('contentinfo');

/** The id of the case that is open, once it is another one than `before`. */
export async function openCase(window: Page, before: string | null): Promise<string> {
  const region = caseRegion(window);
  await expect.poll(async () => region.getAttribute('data-item-id'), SOON).not.toBe(before);
  await region.getByRole('list', { name: 'Signals' }).getByRole('listitem').first().waitFor(SOON);
  // Of a copy that is being filled for the first time the reasons come after the first cases.
  await expect.poll(() => region.locator('[data-decision] button[aria-disabled="true"]').count(), SOON).toBe(0);
  // What was never painted cannot be decided.
  await window.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  return (await region.getAttribute('data-item-id')) ?? '';
}

export async function footSays(window: Page, text: string): Promise<void> {
  await expect.poll(() => foot(window).textContent(), SOON).toContain(text);
}

export async function syncStatus(window: Page): Promise<SyncStatus> {
  const outcome = await window.evaluate(() => umpire.call('sync.status', {}));
  if (!outcome.ok) throw new Error(outcome.error.message);
  return outcome.value;
}

/** Presses the key on one case after the other, so many times; returns the ids of the cases. */
export async function decideByKey(window: Page, key: string, times: number): Promise<string[]> {
  const decided: string[] = [];
  let open = await openCase(window, null);
  for (let n = 0; n < times; n += 1) {
    await window.keyboard.press(key);
    decided.push(open);
    open = await openCase(window, open);
  }
  return decided;
}

/** What the accessibility rules find wrong with the screen, in both themes. */
export async function barriers(window: Page): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await window.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page: window }).setLegacyMode(true).analyze();
    found.push(
      ...violations.map(
        ({ id, nodes }) => `${colorScheme}: ${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
      ),
    );
  }
  return found;
}
