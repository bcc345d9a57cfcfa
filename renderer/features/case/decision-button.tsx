import { Menu } from '@mantine/core';
import { memo, useId } from 'react';
import type { Decision } from '../../../core/domain/decision.ts';
import { capital } from '../../ui/format.ts';
import { Icon, type IconName } from '../../ui/icons.tsx';
import { KeyCap } from '../../ui/key-cap.tsx';
import type { NumberedReason } from './reasons.ts';
import styles from './decision-bar.module.css';

export const LOOKS: { readonly [D in Decision]: { readonly icon: IconName; readonly letter: string } } = {
  approve: { icon: 'check', letter: 'A' },
  reject: { icon: 'cross', letter: 'R' },
  escalate: { icon: 'up', letter: 'E' },
};

type Choice = {
  readonly decision: Decision;
  /** Those of this decision and of the others. */
  readonly reasons: readonly NumberedReason[];
  readonly chosen: NumberedReason | undefined;
  readonly onChoose: (decision: Decision, code: string) => void;
};

/** The reason a decision will be made with, and what else it could be: the same from case to case, so not made anew with each. */
const ReasonMenu = memo(function ReasonMenu({
  decision,
  reasons,
  chosen,
  onChoose,
  textId,
}: Choice & { readonly textId: string }) {
  return (
    <Menu position="top-start" width={320}>
      <Menu.Target>
        <button type="button" className={styles.reason}>
          <span className={styles.digit} aria-hidden="true">
            {chosen?.digit ?? '·'}
          </span>
          <span className={styles.text} id={textId}>
            <span className="visually-hidden">Reason to {decision}: </span>
            {chosen?.label ?? 'no reason'}
          </span>
          <Icon name="down" size={12} />
        </button>
      </Menu.Target>
      <Menu.Dropdown aria-label={`Reason to ${decision}`}>
        <Menu.Label>Reason to {decision}</Menu.Label>
        {reasons
          .filter((reason) => reason.decision === decision)
          .map((reason) => (
            <Menu.Item
              key={reason.code}
              onClick={() => onChoose(decision, reason.code)}
              leftSection={
                <span className={styles.tick}>{reason.code === chosen?.code && <Icon name="check" size={12} />}</span>
              }
              rightSection={reason.digit !== null && <KeyCap>{reason.digit}</KeyCap>}
            >
              {reason.label}
            </Menu.Item>
          ))}
      </Menu.Dropdown>
    </Menu>
  );
});

type Props = Choice & {
  readonly effect: string;
  readonly available: boolean;
  readonly onDecide: () => void;
};

/** A decision with what it does, and below it the reason it will be made with. */
export function DecisionButton({ effect, available, onDecide, ...choice }: Props) {
  const reasonId = useId();
  const { icon, letter } = LOOKS[choice.decision];
  return (
    <div className={styles.choice} data-decision={choice.decision}>
      <button
        type="button"
        className={styles.decide}
        // Not `disabled`: that would drop the focus with every decision.
        aria-disabled={!available || choice.chosen === undefined}
        aria-describedby={reasonId}
        // The second click of a double click and a held Enter would decide the case that has just come up.
        onClick={(event) => event.detail < 2 && onDecide()}
        onKeyDown={(event) => event.repeat && event.key === 'Enter' && event.preventDefault()}
      >
        <Icon name={icon} size={14} />
        <span className={styles.text}>
          <strong>{capital(choice.decision)}</strong>
          {effect !== '' && <span className={styles.effect}> · {effect}</span>}
        </span>
        <KeyCap>{letter}</KeyCap>
      </button>
      <ReasonMenu {...choice} textId={reasonId} />
    </div>
  );
}
