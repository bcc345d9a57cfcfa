import { connect } from '../../core/postgres/connection.ts';
import { migrate } from '../../core/postgres/migrate.ts';
import { TEST_KEY } from './migrated.ts';
import { templateFrom } from './postgres.ts';
import { Story, type StoryEvent, tell } from './story.ts';

const MINUTE = 60_000;
const EACH = 10;

/**
 * So many referrals that all come into the queue, ten of a referrer, from one address and device each; half of them have
 * qualified, so that tiers and multipliers follow what is decided.
 */
export function manyItems(items: number, now: Date): StoryEvent[] {
  const story = new Story();
  const at = (minutes: number): string =>
    new Date(now.getTime() - 20 * 24 * 60 * MINUTE + minutes * MINUTE).toISOString();
  for (let index = 0; index < items; index += 1) {
    const owner = Math.floor(index / EACH);
    const [referrer, referee] = [`owner${owner}`, `guest${index}`];
    const [ip, device] = [`10.${owner >> 8}.${owner & 255}.1`, `tablet ${owner}`];
    const minute = (index % EACH) * 120 + (owner % 60);
    if (index % EACH === 0) {
      story
        .user(at(-60_000), referrer, `Owner ${owner}`, `${word(owner)}@first.example`)
        .code(at(-50_000), referrer, `CODE-${owner}`)
        .seen(at(-40_000), referrer, ip, device);
    }
    story
      .user(at(minute - 60), referee, `Guest ${index}`, `${word(index + 7000)}@second.example`)
      .registered(at(minute), referee, `CODE-${owner}`, ip, device)
      .used(at(minute + 10), referee, 'chat');
    if (index % 2 === 0) story.bought(at(minute + 3000), referee);
  }
  return story.events;
}

/** Letters that stand for a number, far from those of its neighbours. */
function word(value: number): string {
  const mixed = Math.imul(value + 1, 0x9e3779b1) >>> 0;
  return mixed
    .toString(26)
    .padStart(7, '0')
    .replaceAll(/./g, (digit) => String.fromCodePoint(97 + Number.parseInt(digit, 26)));
}

/** The name of a template in which so many items are open, made once in a test run. */
export function manyItemsTemplate(items: number, now: Date): Promise<string> {
  return templateFrom(`many_items_${items}`, async (url) => {
    const pool = connect(url, 'umpire test');
    try {
      await migrate(pool, { mode: 'programme', key: TEST_KEY });
      await tell(pool, manyItems(items, now), now);
      await pool.query('ANALYZE');
    } finally {
      await pool.end();
    }
  });
}
