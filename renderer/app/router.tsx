import { createHashHistory, createRootRoute, createRoute, createRouter, redirect } from '@tanstack/react-router';
import { BulkScreen } from '../features/bulk/bulk-screen.tsx';
import { QueueScreen } from '../features/queue/queue-screen.tsx';
import { SyncScreen } from '../features/sync/sync-screen.tsx';
import { SettingsScreen } from '../features/settings/settings-screen.tsx';
import { NoSuchScreen, ScreenError } from './screen-error.tsx';
import { Shell } from './shell.tsx';

const rootRoute = createRootRoute({ component: Shell });

const indexRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/queue/{-$itemId}' });
  },
});

/** One route with and without a case, so that opening one keeps the queue as it is. */
const queueRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/queue/{-$itemId}',
  component: QueueScreen,
});

/** Without a session it is where one is put together. */
const bulkRoute = createRoute({ getParentRoute: () => rootRoute, path: '/bulk/{-$sessionId}', component: BulkScreen });

/** Without an operation it says where the link stands. */
const syncRoute = createRoute({ getParentRoute: () => rootRoute, path: '/sync/{-$id}', component: SyncScreen });

const settingsRoute = createRoute({ getParentRoute: () => rootRoute, path: '/settings', component: SettingsScreen });

export const router = createRouter({
  routeTree: rootRoute.addChildren([indexRoute, queueRoute, bulkRoute, syncRoute, settingsRoute]),
  history: createHashHistory(),
  defaultPreload: false,
  defaultPendingMs: 0,
  defaultErrorComponent: ScreenError,
  defaultNotFoundComponent: NoSuchScreen,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
