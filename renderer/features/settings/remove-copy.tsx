import { useEffect, useRef, useState } from 'react';
import { counted } from '../../../core/domain/counted.ts';
import { ask, failureText } from '../../app/bridge.ts';
import { forgetReviews } from '../../app/connection.ts';
import { say } from '../case/decisions-made.ts';
import styles from './settings-screen.module.css';

type Step = 'idle' | 'asked' | 'removing';

/** What goes with the copy. */
function lossWords(undelivered: number): string {
  if (undelivered === 0)
    return 'Every decision was delivered; nothing is lost. The queue is read anew from the server.';
  const them = undelivered === 1 ? 'It was not delivered and is' : 'They were not delivered and are';
  return `${counted(undelivered, 'decision')} would be lost. ${them} nowhere else.`;
}

/** Removes what is kept, in two steps; the second says what would be lost. */
export function RemoveCopy({ undelivered }: { readonly undelivered: number }) {
  const [step, setStep] = useState<Step>('idle');
  const [problem, setProblem] = useState<string | null>(null);
  const keep = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    // The harmless one takes the focus: an Enter too many removes nothing.
    if (step === 'asked') keep.current?.focus();
  }, [step]);

  const remove = async () => {
    setStep('removing');
    setProblem(null);
    try {
      await ask('sync.wipe', { evenUndelivered: undelivered > 0 });
      forgetReviews();
      say('The copy on this computer was removed');
    } catch (error) {
      setProblem(`Not removed: ${failureText(error)}`);
    } finally {
      setStep('idle');
    }
  };
  return (
    <div className={styles.row} role="group" aria-label="Remove the copy">
      <div>
        <p>Remove the copy from this computer</p>
        <p className={styles.hint} role="status">
          {step === 'idle' ? 'For a computer that you give away or share.' : lossWords(undelivered)}
        </p>
        {problem !== null && (
          <p role="alert" className={styles.failed}>
            {problem}
          </p>
        )}
      </div>
      {step === 'idle' ? (
        <button type="button" className={styles.action} onClick={() => setStep('asked')}>
          Remove…
        </button>
      ) : (
        <div className={styles.actions}>
          <button ref={keep} type="button" className={styles.action} onClick={() => setStep('idle')}>
            Keep it
          </button>
          <button
            type="button"
            className={styles.danger}
            aria-disabled={step === 'removing'}
            onClick={(event) => step === 'asked' && event.detail < 2 && void remove()}
          >
            {undelivered === 0 ? 'Remove it' : `Remove it and lose ${counted(undelivered, 'decision')}`}
          </button>
        </div>
      )}
    </div>
  );
}
