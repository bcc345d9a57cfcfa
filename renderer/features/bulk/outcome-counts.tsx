import type { BulkSession } from '../../../core/contract/bulk.ts';
import { number } from '../../ui/format.ts';
import { Figure, Figures } from './figures.tsx';
import { OUTCOME_LABELS, OUTCOMES } from './session-words.ts';

/** What became of the items so far, by outcome, and the credits that moved. */
export function OutcomeCounts({ session }: { readonly session: BulkSession }) {
  const { outcomes, paid, rejected, reversed } = session;
  return (
    <Figures>
      {OUTCOMES.filter((outcome) => (outcomes[outcome] ?? 0) > 0).map((outcome) => (
        <Figure key={outcome} name={OUTCOME_LABELS[outcome].toLowerCase()}>
          {number(outcomes[outcome] ?? 0)}
        </Figure>
      ))}
      {paid > 0 && <Figure name="credits paid">{number(paid)}</Figure>}
      {rejected > 0 && <Figure name="credits rejected">{number(rejected)}</Figure>}
      {reversed > 0 && <Figure name="credits taken back">{number(reversed)}</Figure>}
    </Figures>
  );
}
