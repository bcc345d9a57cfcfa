import { Menu } from 'electron';
import type { BrowserWindow, MenuItemConstructorOptions } from 'electron';

const EDITABLE: MenuItemConstructorOptions[] = [
  { role: 'undo' },
  { role: 'redo' },
  { type: 'separator' },
  { role: 'cut' },
  { role: 'copy' },
  { role: 'paste' },
  { type: 'separator' },
  { role: 'selectAll' },
];

const SELECTION: MenuItemConstructorOptions[] = [{ role: 'copy' }];

/** The system's own menu on text fields and on selected text, and nowhere else. */
export function showContextMenu(window: BrowserWindow): void {
  window.webContents.on('context-menu', (_event, { isEditable, selectionText }) => {
    if (isEditable) Menu.buildFromTemplate(EDITABLE).popup({ window });
    else if (selectionText.trim()) Menu.buildFromTemplate(SELECTION).popup({ window });
  });
}
