import { Link } from '@tanstack/react-router';
import { KeyCap } from '../../ui/key-cap.tsx';
import { cameBackWords } from '../sync/outbox-words.ts';
import { dismissCameBack, useDecisions } from './decisions-made.ts';
import styles from './came-back-strip.module.css';

/** Decisions that came back from the server for a person to look at. It waits: the open case stays as it is. */
export function CameBackStrip() {
  const cameBack = useDecisions((decisions) => decisions.cameBack);
  const trouble = useDecisions((decisions) => decisions.trouble);
  const last = cameBack.at(-1);
  if (last === undefined || trouble !== null) return null;
  return (
    <div className={styles.strip} role="status" aria-label="Came back">
      <p className={styles.text}>{cameBackWords(cameBack)}</p>
      <Link to="/sync/{-$id}" params={{ id: last.id }} className={styles.look}>
        Look at {cameBack.length === 1 ? 'it' : 'them'} <KeyCap>g</KeyCap> <KeyCap>s</KeyCap>
      </Link>
      <button type="button" onClick={dismissCameBack}>
        Later
      </button>
    </div>
  );
}
