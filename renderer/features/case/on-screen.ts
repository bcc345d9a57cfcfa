import { useEffect } from 'react';
import type { CaseFile } from '../../../core/contract/case.ts';

let onScreen: CaseFile | null = null;

/** The case an analyst can see at this moment: only this one may be decided. */
export function caseOnScreen(): CaseFile | null {
  return onScreen;
}

/** Registers the case once its frame is painted, and takes it back when it goes. */
export function useOnScreen(file: CaseFile | null): void {
  useEffect(() => {
    if (file === null) return;
    const frame = requestAnimationFrame(() => {
      onScreen = file;
    });
    return () => {
      cancelAnimationFrame(frame);
      onScreen = null;
    };
  }, [file]);
}
