import { contextBridge, ipcRenderer } from 'electron';
import type { IpcRendererEvent } from 'electron';
import { CALL_CHANNEL, NOTICE_CHANNEL } from '../core/contract/bridge.ts';
import type { Bridge } from '../core/contract/bridge.ts';
import type { Notice } from '../core/contract/notices.ts';

const bridge: Bridge = {
  call: (method, request) => ipcRenderer.invoke(CALL_CHANNEL, method, request),
  subscribe: (listener) => {
    // The event itself would hand ipcRenderer to the page.
    const forward = (_event: IpcRendererEvent, notice: Notice): void => listener(notice);
    ipcRenderer.on(NOTICE_CHANNEL, forward);
    return () => void ipcRenderer.off(NOTICE_CHANNEL, forward);
  },
  platform: process.platform,
};

contextBridge.exposeInMainWorld('umpire', bridge);
