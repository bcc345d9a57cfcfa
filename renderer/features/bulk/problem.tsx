import { useBulkActions } from './actions.ts';
import styles from './problem.module.css';

/** What went wrong with this session last; gone with the next try. */
export function Problem({ sessionId }: { readonly sessionId: string }) {
  const problem = useBulkActions((state) => state.problem);
  if (problem?.sessionId !== sessionId) return null;
  return (
    <p role="alert" className={`${styles.problem ?? ''} selectable`}>
      {problem.text} What was decided stands; nothing is decided twice.
    </p>
  );
}
