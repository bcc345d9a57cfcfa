import type { Command } from 'commander';
import { QUEUE_ORDERS, type QueueFilter, type QueueRow } from '../../contract/queue.ts';
import { type ReviewStatus, REVIEW_STATUSES, SEVERITIES, type Severity } from '../../domain/vocabulary.ts';
import { whyNext } from '../../domain/why-next.ts';
import type { Pool } from '../../postgres/connection.ts';
import { queuePage } from '../../review/queue.ts';
import { choice, wholeNumber } from '../arguments.ts';
import { withContext } from '../context.ts';
import { printQueue } from '../print/queue.ts';

type Options = { status: ReviewStatus; priority?: Severity; order: QueueFilter['order']; limit: number };

/** A row for automation: who and what it is about, beside what the window shows. */
export type QueueItem = QueueRow & {
  readonly relationshipId: string;
  readonly referrerId: string;
  readonly refereeId: string;
  /** Why it stands where it stands. */
  readonly why: string;
};

/** Pages are read one by one, so that a limit of any size costs constant memory in the database. */
const PAGE = 500;

export function queueCommand(program: Command): void {
  program
    .command('queue')
    .description('lists review items, most urgent first')
    .option('--status <status>', REVIEW_STATUSES.join(', '), choice(REVIEW_STATUSES), 'pending')
    .option('--priority <priority>', SEVERITIES.join(', '), choice(SEVERITIES))
    .option('--order <order>', QUEUE_ORDERS.join(', '), choice(QUEUE_ORDERS), 'priority')
    .option('--limit <n>', 'at most so many', wholeNumber(1, 1_000_000), 50)
    .action(async ({ status, priority, order, limit }: Options, command: Command) => {
      await withContext(
        command,
        ({ pool, now }) => readItems(pool, { status, priority, order, limit }, now),
        ({ total, items }) => `${printQueue(items)}\n${items.length} of ${total}.`,
      );
    });
}

async function readItems(
  pool: Pool,
  { status, priority, order, limit }: Omit<Options, 'priority'> & { priority: Severity | undefined },
  now: Date,
): Promise<{ total: number; items: QueueItem[] }> {
  const filter = {
    statuses: [status],
    priorities: priority === undefined ? [] : [priority],
    signals: [],
    search: '',
    order,
    unclaimed: false,
  };
  const items: QueueItem[] = [];
  for (;;) {
    const page = await queuePage(
      pool,
      { filter, offset: items.length, limit: Math.min(PAGE, limit - items.length) },
      now,
    );
    items.push(...(await withPeople(pool, page.rows, (row) => whyNext(row, order, now))));
    if (items.length >= limit || page.rows.length === 0) return { total: page.total, items };
  }
}

async function withPeople(pool: Pool, rows: readonly QueueRow[], why: (row: QueueRow) => string): Promise<QueueItem[]> {
  const found = await pool.query<{ item: string; relationship: string; referrer: string; referee: string }>(
    `SELECT q.id AS item, r.id AS relationship, r.referrer_id AS referrer, r.referee_id AS referee
     FROM referrals.review_queue AS q JOIN referrals.relationships AS r ON r.id = q.relationship_id WHERE q.id = ANY ($1::uuid[])`,
    [rows.map(({ itemId }) => itemId)],
  );
  const people = new Map(found.rows.map((row) => [row.item, row]));
  return rows.flatMap((row) => {
    const who = people.get(row.itemId);
    return who === undefined
      ? []
      : [{ ...row, relationshipId: who.relationship, referrerId: who.referrer, refereeId: who.referee, why: why(row) }];
  });
}
