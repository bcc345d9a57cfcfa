import type { CaseFile } from '../../../core/contract/case.ts';
import { capital } from '../../ui/format.ts';
import { Icon } from '../../ui/icons.tsx';
import { useQueueNavigation } from '../queue/queue-context.ts';
import type { TakeBack } from './bar-state.ts';
import { TAKE_BACK } from './decision-words.ts';
import { aboutCase } from './decisions-made.ts';
import { useNotes } from './notes.ts';
import { spoken, takeBack, useTakingBack } from './taking-back.ts';
import styles from './take-back-button.module.css';

type Props = {
  readonly file: CaseFile;
  readonly what: TakeBack;
  readonly prominent?: boolean;
};

/** Takes one decision of the case back; the note that is being written goes with it. */
export function TakeBackButton({ file, what: { decisionId, made, kind }, prominent = false }: Props) {
  const { open } = useQueueNavigation();
  const busy = useTakingBack((state) => state.decisionId !== null);
  const run = async () => {
    const { itemId } = file;
    const note = useNotes.getState().drafts[itemId];
    const what = spoken(made, kind, aboutCase(file));
    if (await takeBack({ decisionId, itemId, kind, what, note })) open(itemId);
  };
  return (
    <button
      type="button"
      className={prominent ? styles.prominent : styles.quiet}
      aria-disabled={busy}
      aria-label={prominent ? undefined : `${capital(TAKE_BACK[kind].verb)} this decision`}
      onClick={(event) => !busy && event.detail < 2 && void run()}
      onKeyDown={(event) => event.repeat && event.key === 'Enter' && event.preventDefault()}
    >
      {prominent && <Icon name="undo" size={14} />}
      {capital(TAKE_BACK[kind].verb)}
    </button>
  );
}
