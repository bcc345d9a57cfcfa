import type { Mode } from '../../domain/vocabulary.ts';

/** An invariant. */
export type Check = {
  readonly name: string;
  /** Where it must hold: what another service writes is not Umpire's to judge. */
  readonly modes: readonly Mode[];
  /** Yields (subject, detail) for whatever contradicts it. */
  readonly sql: string;
};
