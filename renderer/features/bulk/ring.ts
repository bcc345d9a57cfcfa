import { useNavigate } from '@tanstack/react-router';
import type { CaseFile } from '../../../core/contract/case.ts';
import { useMay } from '../../app/connection.ts';
import { draftRing } from './draft.ts';

/** Begins a bulk session with the ring around a case; null where this login makes none, or the case is closed. */
export function useRing(file: CaseFile): (() => void) | null {
  const navigate = useNavigate();
  const { decide, lead } = useMay();
  const isOpen = file.status === 'pending' || (file.status === 'escalated' && lead);
  if (!decide || !isOpen) return null;
  return () => {
    draftRing(file);
    void navigate({ to: '/bulk/{-$sessionId}', params: { sessionId: undefined } });
  };
}
