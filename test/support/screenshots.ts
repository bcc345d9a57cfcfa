/** `npm run screenshots`: pictures of the real window for the README, in both themes. `UMPIRE_HOME` names the data folder. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultHome } from '../../core/postgres/embedded/home.ts';
import { ROOT } from '../../electron/launcher/root.ts';
import { launchIn } from './launch.ts';
import { openWorkstation } from './workstation.ts';

const FOLDER = join(ROOT, 'renderer', 'screenshots');
const SIZE = { width: 1440, height: 900 } as const;
/** The first start fills the demo workspace. */
const READY_WITHIN_MS = 10 * 60_000;

const workstation = await openWorkstation();
try {
  const home = defaultHome(process.env, process.platform, process.getuid?.());
  const { app, window, close } = await launchIn(workstation.runtime, workstation.display ?? null, { home });
  try {
    await app.evaluate(({ BrowserWindow }, size) => {
      const [first] = BrowserWindow.getAllWindows();
      first?.setContentSize(size.width, size.height);
    }, SIZE);
    const queue = window.getByRole('grid', { name: 'Queue' });
    await queue.waitFor({ timeout: READY_WITHIN_MS });
    await queue.getByRole('row').nth(1).waitFor({ timeout: READY_WITHIN_MS });
    await window.getByRole('contentinfo').getByText('on-line · synced').waitFor({ timeout: READY_WITHIN_MS });
    await mkdir(FOLDER, { recursive: true });
    for (const colorScheme of ['light', 'dark'] as const) {
      await app.evaluate(({ nativeTheme }, scheme) => {
        nativeTheme.themeSource = scheme;
      }, colorScheme);
      await window.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const path = join(FOLDER, `queue-${colorScheme}.png`);
      await window.screenshot({ path, animations: 'disabled', scale: 'css' });
      process.stdout.write(`${path.slice(ROOT.length + 1)}\n`);
    }
  } finally {
    await close();
  }
} finally {
  await workstation.stop();
}
