import type { Pool } from '../postgres/connection.ts';

export type ScoringOptions = {
  readonly now: Date;
  readonly signal: AbortSignal;
  /** How many were scored so far. */
  readonly onProgress?: (done: number) => void;
};

/** Scores all that is dirty. */
export async function scoreDirty(_pool: Pool, _options: ScoringOptions): Promise<void> {}
