import { useRouter } from '@tanstack/react-router';
import { useState, useSyncExternalStore } from 'react';

const ADDRESS = /^\/queue(?:\/([^/]+))?\/?$/;

/** The item that an address names, null where it names none; undefined where it is one of another screen. */
export function itemOf(pathname: string): string | null | undefined {
  const match = ADDRESS.exec(pathname);
  return match === null ? undefined : (match[1] ?? null);
}

/**
 * The item that the address names, from the moment it does. The router gets to a new address by a transition, some renders later:
 * that long a case that is decided would stay on the screen. While another screen comes, it is the item of before.
 */
export function useAddressedItem(): string | null {
  const { history } = useRouter();
  const [read] = useState(() => {
    let last: string | null = null;
    return (): string | null => {
      const named = itemOf(history.location.pathname);
      if (named !== undefined) last = named;
      return last;
    };
  });
  return useSyncExternalStore(history.subscribe, read);
}
