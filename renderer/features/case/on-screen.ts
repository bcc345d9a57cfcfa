import { useEffect } from 'react';
import type { CaseFile } from '../../../core/contract/case.ts';

let onScreen: CaseFile | null = null;

/** The case an analyst can see at this moment: only this one may be decided. */
export function caseOnScreen(): CaseFile | null {
  return onScreen;
}

/**
 * Registers the case once its frame is painted, and takes it back when another comes. What is read anew of the same case
 * replaces it when that is painted; until then it is the one before that can be seen.
 */
export function useOnScreen(file: CaseFile | null): void {
  useEffect(() => {
    if (onScreen?.itemId !== file?.itemId) onScreen = null;
    if (file === null) return;
    const frame = requestAnimationFrame(() => {
      onScreen = file;
    });
    return () => cancelAnimationFrame(frame);
  }, [file]);
  useEffect(
    () => () => {
      onScreen = null;
    },
    [],
  );
}
