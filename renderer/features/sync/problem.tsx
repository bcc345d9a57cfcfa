import { useSyncActions } from './actions.ts';
import styles from './problem.module.css';

/** What went wrong with this one last; gone with the next try. */
export function Problem({ id }: { readonly id: string }) {
  const problem = useSyncActions((state) => state.problem);
  if (problem?.id !== id) return null;
  return (
    <p role="alert" className={`${styles.problem ?? ''} selectable`}>
      {problem.text}
    </p>
  );
}
