import { useNavigate } from '@tanstack/react-router';
import { remaining } from '../../ui/format.ts';
import { KeyCap } from '../../ui/key-cap.tsx';
import { useStopwatch } from '../../ui/now.ts';
import { useCommands } from '../../ui/registry.ts';
import { TAKE_BACK } from './decision-words.ts';
import { useDecisions, type Made } from './decisions-made.ts';
import { spoken, takeBackLast, useTakingBack } from './taking-back.ts';
import styles from './foot-line.module.css';

/** Takes back the last decision, from whatever screen, and opens its case. */
function useUndo(): () => void {
  const navigate = useNavigate();
  const undo = async () => {
    const itemId = await takeBackLast();
    if (itemId !== null) await navigate({ to: '/queue/{-$itemId}', params: { itemId }, replace: true });
  };
  return () => void undo();
}

/** The offer, for as long as it stands. Its seconds are not read out: they are beside what is. */
function UndoOffer({ made }: { readonly made: Made }) {
  const left = made.until - useStopwatch();
  const takingBack = useTakingBack((state) => state.decisionId);
  const undo = useUndo();
  if (left <= 0 || takingBack !== null) return null;
  return <Offered made={made} left={left} onUndo={undo} />;
}

function Offered({ made, left, onUndo }: { readonly made: Made; readonly left: number; readonly onUndo: () => void }) {
  const foot = useDecisions((decisions) => decisions.foot);
  useCommands({ undo: onUndo });
  return (
    <span className={styles.offer}>
      <button type="button" className={styles.undo} onClick={(event) => event.detail < 2 && onUndo()}>
        <KeyCap>u</KeyCap> {TAKE_BACK[made.kind].verb}
        {/* Something else was said meanwhile: what is meant is named. */}
        {foot !== made.foot && ` ${spoken(made.sent.request.decision, made.kind, made.sent.about)}`}
      </button>
      {Number.isFinite(left) && <span aria-hidden="true">· {remaining(left)}</span>}
    </span>
  );
}

/** While a decision is on its way, `u` is understood already: it is taken back as soon as it has arrived. */
function UndoOnArrival() {
  useCommands({ undo: useUndo() });
  return null;
}

/** What was decided last; read out when it changes. */
export function FootLine() {
  const foot = useDecisions((decisions) => decisions.foot);
  const made = useDecisions((decisions) => decisions.made);
  const sending = useDecisions((decisions) => decisions.sending);
  return (
    <div className={styles.foot}>
      <p role="status" aria-live="polite" className={styles.text} title={foot}>
        {foot}
      </p>
      {made !== null && <UndoOffer key={made.sent.request.decisionId} made={made} />}
      {sending !== null && <UndoOnArrival />}
    </div>
  );
}
