import { Menu } from '@mantine/core';
import { useSyncStatus } from '../../app/sync-state.ts';
import { number } from '../../ui/format.ts';
import { Icon } from '../../ui/icons.tsx';
import { countOf, ORDERS, useOutboxFilter, VIEW_NAMES, VIEWS, type OutboxOrder } from './outbox-filter.ts';
import type { OutboxRows } from './outbox-rows.ts';
import styles from './outbox-head.module.css';

const ORDER_NAMES: readonly OutboxOrder[] = ['open', 'newest'];

/** Which rows are shown, and in which order. */
export function OutboxHead({ rows }: { readonly rows: OutboxRows }) {
  const { view, order } = useOutboxFilter();
  const troubled = useSyncStatus()?.troubled ?? 0;
  const counted = (name: (typeof VIEW_NAMES)[number]) =>
    rows.byState === null ? '' : number(countOf(name, rows.byState, troubled));
  return (
    <header className={styles.head}>
      <Menu position="bottom-start" width={200}>
        <Menu.Target>
          <button type="button" className={styles.menu} aria-label={`Shown: ${VIEWS[view].label}`}>
            {VIEWS[view].label}
            <Icon name="down" size={12} />
          </button>
        </Menu.Target>
        <Menu.Dropdown aria-label="Shown">
          {VIEW_NAMES.map((name) => (
            <Menu.Item
              key={name}
              onClick={() => useOutboxFilter.setState({ view: name })}
              rightSection={<span className={styles.count}>{counted(name)}</span>}
              leftSection={<span className={styles.tick}>{name === view && <Icon name="check" size={12} />}</span>}
            >
              {VIEWS[name].label}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <span className={styles.total}>
        {number(rows.total)}
        <span className="visually-hidden"> decisions</span>
      </span>
      <span className={styles.gap} />
      <Menu position="bottom-end" width={176}>
        <Menu.Target>
          <button type="button" className={styles.menu} aria-label={`Order: ${ORDERS[order]}`} title="Order">
            <Icon name="order" size={14} />
            {ORDERS[order]}
          </button>
        </Menu.Target>
        <Menu.Dropdown aria-label="Order">
          {ORDER_NAMES.map((name) => (
            <Menu.Item
              key={name}
              onClick={() => useOutboxFilter.setState({ order: name })}
              leftSection={<span className={styles.tick}>{name === order && <Icon name="check" size={12} />}</span>}
            >
              {ORDERS[name]}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </header>
  );
}
