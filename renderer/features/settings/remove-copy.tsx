import { useEffect, useRef, useState } from 'react';
import { counted } from '../../../core/domain/counted.ts';
import { ask, failureText } from '../../app/bridge.ts';
import { forgetReviews } from '../../app/connection.ts';
import { closeOffline } from '../bulk/offline.ts';
import { forgetDecisions, say } from '../case/decisions-made.ts';
import { type Loss, lossWords } from './loss-words.ts';
import { SettingRow } from './setting-row.tsx';
import styles from './settings-screen.module.css';

type Step = 'idle' | 'asked' | 'removing';

/** Removes what is kept, in two steps; the second says what would be lost. */
export function RemoveCopy({ loss }: { readonly loss: Loss }) {
  const lost = loss.undelivered + loss.unsettled;
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
      const { removed } = await ask('sync.wipe', { evenUndelivered: lost > 0 });
      if (!removed) return;
      forgetReviews();
      forgetDecisions();
      closeOffline();
      say('The copy on this computer was removed');
    } catch (error) {
      setProblem(`Not removed: ${failureText(error)}`);
    } finally {
      setStep('idle');
    }
  };
  return (
    <SettingRow
      what="Remove the copy from this computer"
      hint={step === 'idle' ? 'For a computer that you give away or share.' : lossWords(loss)}
      isHintLive
      problem={problem}
      group="Remove the copy"
    >
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
            {lost === 0 ? 'Remove it' : `Remove it and lose ${counted(lost, 'decision')}`}
          </button>
        </div>
      )}
    </SettingRow>
  );
}
