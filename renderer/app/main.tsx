import './mantine.css';
import './tokens.css';
import './base.css';
import './overlays.css';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { createRoot } from 'react-dom/client';
import { followNotices } from './connection.ts';
import { followDecisions } from '../features/case/decisions-made.ts';
import { followWaiting } from '../features/case/held-claims.ts';
import { queryClient } from './query-client.ts';
import { router } from './router.tsx';
import { colorSchemes, cssVariables, paintTheme, styleNonce, theme } from './theme.ts';

paintTheme();
followNotices();
followDecisions();
followWaiting();

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');

createRoot(root).render(
  <MantineProvider
    theme={theme}
    defaultColorScheme="auto"
    colorSchemeManager={colorSchemes}
    cssVariablesResolver={cssVariables}
    getStyleNonce={styleNonce}
  >
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </MantineProvider>,
);
