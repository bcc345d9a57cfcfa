import { createTheme, localStorageColorSchemeManager, Menu, Modal, type CSSVariablesResolver } from '@mantine/core';

const instant = { duration: 0 } as const;

export const theme = createTheme({
  scale: 0.875,
  defaultRadius: 2,
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'var(--font-code)',
  fontSizes: { xs: '11px', sm: '12px', md: '13px', lg: '15px', xl: '18px' },
  lineHeights: { xs: '16px', sm: '16px', md: '18px', lg: '20px', xl: '24px' },
  primaryColor: 'indigo',
  cursorType: 'default',
  respectReducedMotion: true,
  components: {
    // No scroll lock: the body never scrolls, and the lock would add a style element that the policy refuses.
    Modal: Modal.extend({
      defaultProps: {
        lockScroll: false,
        closeButtonProps: { 'aria-label': 'Close' },
        transitionProps: instant,
        overlayProps: { color: 'var(--shade)', backgroundOpacity: 1 },
      },
    }),
    Menu: Menu.extend({
      defaultProps: {
        transitionProps: instant,
        offset: 4,
        loop: true,
        withInitialFocusPlaceholder: false,
        portalProps: { target: '#screen' },
      },
    }),
  },
});

const tokens = {
  '--mantine-color-body': 'var(--surface)',
  '--mantine-color-text': 'var(--text)',
  '--mantine-color-dimmed': 'var(--text-2)',
  '--mantine-color-placeholder': 'var(--text-3)',
  '--mantine-color-default': 'var(--surface)',
  '--mantine-color-default-hover': 'var(--hover)',
  '--mantine-color-default-color': 'var(--text)',
  '--mantine-color-default-border': 'var(--line)',
  '--mantine-color-anchor': 'var(--accent)',
};

export const cssVariables: CSSVariablesResolver = () => ({ variables: {}, light: tokens, dark: tokens });

const STORED_THEME = 'umpire.theme';

export const colorSchemes = localStorageColorSchemeManager({ key: STORED_THEME });

/** Sets the theme before the first paint, so that a dark room stays dark. */
export function paintTheme(): void {
  const chosen = colorSchemes.get('auto');
  const dark = chosen === 'auto' ? matchMedia('(prefers-color-scheme: dark)').matches : chosen === 'dark';
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
}

/** The nonce that the shell allows injected styles with; empty where there is no policy. */
export function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="umpire-nonce"]')?.content ?? '';
}
