import { Menu } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useRef, useState, type KeyboardEvent } from 'react';
import { SEVERITIES } from '../../../core/domain/vocabulary.ts';
import { BandGlyph } from '../../ui/band-glyph.tsx';
import { capital, number } from '../../ui/format.ts';
import { Icon } from '../../ui/icons.tsx';
import { KeyCap } from '../../ui/key-cap.tsx';
import { usePreferences } from '../../ui/preferences.ts';
import { useCommands } from '../../ui/registry.ts';
import { ORDER_LABELS, ORDERS, useQueueFilter, VIEW_NAMES, VIEWS } from './queue-filter.ts';
import { useQueueSummary } from './queue-summary.ts';
import styles from './queue-head.module.css';

const TYPING_MS = 120;

function Search() {
  const field = useRef<HTMLInputElement>(null);
  const search = useQueueFilter((filter) => filter.search);
  const set = useQueueFilter((filter) => filter.set);
  const [text, setText] = useState(search);
  const find = useDebouncedCallback((typed: string) => set({ search: typed }), TYPING_MS);
  const [found, setFound] = useState(search);
  if (search !== found) {
    setFound(search);
    // Cleared from elsewhere.
    if (search === '') setText('');
  }
  useCommands({ search: () => field.current?.select() });
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Escape') {
      setText('');
      set({ search: '' });
      event.currentTarget.blur();
    }
    if (event.key === 'Enter' || event.key === 'ArrowDown') {
      set({ search: text });
      event.preventDefault();
      document.querySelector<HTMLElement>('[role=grid] [role=row][tabindex="0"]')?.focus();
    }
  };
  return (
    <label className={styles.search}>
      <Icon name="search" size={14} />
      <input
        ref={field}
        type="text"
        aria-label="Search the queue"
        placeholder="Name, e-mail, code or id"
        maxLength={200}
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          find(event.currentTarget.value);
        }}
        onKeyDown={onKeyDown}
      />
      <KeyCap>/</KeyCap>
    </label>
  );
}

/** The score cut-off; empty shows all. */
function ScoreFrom() {
  const scoreFrom = useQueueFilter((filter) => filter.scoreFrom);
  const set = useQueueFilter((filter) => filter.set);
  return (
    <label className={styles.scoreFrom} title="Only cases with at least so many points">
      <span aria-hidden="true">≥</span>
      <input
        type="text"
        inputMode="numeric"
        aria-label="Score from"
        placeholder="score"
        maxLength={4}
        value={scoreFrom ?? ''}
        onChange={(event) => {
          const typed = event.currentTarget.value.replaceAll(/\D/g, '');
          set({ scoreFrom: typed === '' ? null : Number(typed) });
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') set({ scoreFrom: null });
          if (event.key === 'Escape' || event.key === 'Enter') event.currentTarget.blur();
        }}
      />
    </label>
  );
}

function ViewMenu() {
  const view = useQueueFilter((filter) => filter.view);
  const unclaimed = useQueueFilter((filter) => filter.unclaimed);
  const set = useQueueFilter((filter) => filter.set);
  const byStatus = useQueueSummary()?.byStatus;
  return (
    <Menu position="bottom-start" width={216}>
      <Menu.Target>
        <button
          type="button"
          className={styles.menu}
          aria-label={`Status: ${VIEWS[view].label}${unclaimed ? ', nobody else on it' : ''}`}
        >
          {VIEWS[view].label}
          {unclaimed && <span className={styles.free}>unclaimed</span>}
          <Icon name="down" size={12} />
        </button>
      </Menu.Target>
      <Menu.Dropdown aria-label="Status">
        {VIEW_NAMES.map((name) => (
          <Menu.Item
            key={name}
            onClick={() => set({ view: name })}
            rightSection={
              <span className={styles.count}>
                {byStatus !== undefined && name !== 'all' ? number(byStatus[name] ?? 0) : ''}
              </span>
            }
            leftSection={<span className={styles.tick}>{name === view && <Icon name="check" size={12} />}</span>}
          >
            {VIEWS[name].label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item
          onClick={() => set({ unclaimed: !unclaimed })}
          leftSection={<span className={styles.tick}>{unclaimed && <Icon name="check" size={12} />}</span>}
        >
          Nobody else on it
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function OrderMenu() {
  const order = usePreferences((preferences) => preferences.order) ?? 'priority';
  const set = usePreferences((preferences) => preferences.set);
  return (
    <Menu position="bottom-end" width={160}>
      <Menu.Target>
        <button type="button" className={styles.menu} aria-label={`Order: ${ORDER_LABELS[order]}`} title="Order">
          <Icon name="order" size={14} />
          {ORDER_LABELS[order]}
        </button>
      </Menu.Target>
      <Menu.Dropdown aria-label="Order">
        {ORDERS.map((name) => (
          <Menu.Item
            key={name}
            onClick={() => set({ order: name })}
            leftSection={<span className={styles.tick}>{name === order && <Icon name="check" size={12} />}</span>}
          >
            {ORDER_LABELS[name]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Bands() {
  const chosen = useQueueFilter((filter) => filter.priorities);
  const toggle = useQueueFilter((filter) => filter.togglePriority);
  const byPriority = useQueueSummary()?.byPriority;
  return (
    <div role="group" aria-label="Bands" className={styles.bands}>
      {SEVERITIES.toReversed().map((band) => (
        <button
          key={band}
          type="button"
          className={styles.band}
          aria-pressed={chosen.includes(band)}
          aria-label={capital(band)}
          title={`${capital(band)}: ${byPriority === undefined ? '' : number(byPriority[band] ?? 0)} waiting`}
          onClick={() => toggle(band)}
        >
          <BandGlyph band={band} />
        </button>
      ))}
    </div>
  );
}

export function QueueHead({ total }: { readonly total: number }) {
  const overdue = useQueueSummary()?.overdue ?? 0;
  return (
    <header className={styles.head}>
      <div className={styles.find}>
        <Search />
        <ScoreFrom />
      </div>
      <div className={styles.bar}>
        <ViewMenu />
        <span className={styles.total} title={overdue > 0 ? `${number(overdue)} overdue` : 'None overdue'}>
          {number(total)}
          <span className="visually-hidden"> cases</span>
        </span>
        <span className={styles.gap} />
        <Bands />
        <OrderMenu />
      </div>
    </header>
  );
}
