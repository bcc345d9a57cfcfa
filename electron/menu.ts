import type { MenuItemConstructorOptions } from 'electron';
import type { MENU_COMMANDS } from '../core/contract/notices.ts';

export type MenuCommand = (typeof MENU_COMMANDS)[number];

/**
 * The application menu in the order and with the words of each system; Electron's roles bring both. `run` carries out what
 * the window knows: its key is shown here and pressed there.
 */
export function applicationMenu(
  platform: NodeJS.Platform,
  development: boolean,
  run: (command: MenuCommand) => void,
): MenuItemConstructorOptions[] {
  const mac = platform === 'darwin';
  return [
    ...(mac ? [{ role: 'appMenu' as const }] : []),
    {
      label: '&File',
      submenu: [
        {
          label: 'Save &Evidence…',
          accelerator: 'CmdOrCtrl+S',
          registerAccelerator: false,
          click: () => run('evidence'),
        },
        { label: 'Save &Report (CSV)…', click: () => run('report') },
        { type: 'separator' },
        mac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        ...(development
          ? [{ role: 'reload' as const }, { role: 'toggleDevTools' as const }, { type: 'separator' as const }]
          : []),
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
      ],
    },
    { role: 'windowMenu' },
    ...(mac ? [] : [{ label: '&Help', submenu: [{ role: 'about' as const }] }]),
  ];
}
