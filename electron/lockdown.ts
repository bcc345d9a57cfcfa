import type { App, Session, WebContents } from 'electron';
import { isOwnAddress } from './origin.ts';

/** Schemes that the developer tools need; they are switched off in packaged builds. */
function isDeveloperTools(address: string): boolean {
  return __DEVELOPMENT__ && address.startsWith('devtools:');
}

/** A session without permissions, devices and network: the window has its own files and the bridge. */
export function lockSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, decide) => decide(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler((_request, decide) => decide({}));
  session.webRequest.onBeforeRequest(({ url }, decide) => {
    decide({ cancel: !isOwnAddress(url) && !url.startsWith('data:') && !isDeveloperTools(url) });
  });
  session.on('will-download', (event) => event.preventDefault());
}

/** The start address is the only page there is: no navigation, no second window, no page within the page. */
function lockContents(contents: WebContents): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  contents.on('will-navigate', (event) => event.preventDefault());
  contents.on('will-frame-navigate', (event) => event.preventDefault());
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
}

/** Holds for every page that will ever be made, whoever makes it. */
export function lockEveryPage(app: App): void {
  app.on('web-contents-created', (_event, contents) => lockContents(contents));
}
