import type { BulkChoice } from '../../contract/bulk.ts';
import { queueFilter, type QueueFilter } from '../../contract/queue.ts';
import { counted } from '../../domain/counted.ts';

/** How the items of a session were chosen, in words. */
export function chosenBy(choice: BulkChoice): string {
  switch (choice.kind) {
    case 'items':
      return `${counted(choice.itemIds.length, 'item')} by hand`;
    case 'ring':
      return `the ring around ${choice.itemId.slice(0, 8)}`;
    case 'filter':
      return `all ${filterWords(queueFilter.parse(choice.filter))}`;
  }
}

function filterWords({ statuses, priorities, signals, search, scoreFrom, unclaimed }: QueueFilter): string {
  const words = [
    [...(priorities.length > 0 ? [priorities.join(' or ')] : []), statuses.join(' or ') || 'open'].join(' '),
  ];
  if (scoreFrom !== undefined) words.push(`from ${counted(scoreFrom, 'point')} on`);
  if (signals.length > 0) words.push(`with ${signals.join(' and ')}`);
  // An e-mail may be searched for, and whoever erases its owner does not find it here.
  if (search.trim() !== '') words.push(search.includes('@') ? 'that match an e-mail' : `that match “${search.trim()}”`);
  if (unclaimed) words.push('that nobody else works on');
  return words.join(', ');
}
