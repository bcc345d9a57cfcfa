import { counted } from './counted.ts';
import type { Severity } from './vocabulary.ts';

export type QueuePlace = {
  readonly priority: Severity;
  readonly score: number;
  /** Credits that a decision is about. */
  readonly stake: number;
  /** Instants, ISO 8601. */
  readonly dueAt: string;
  readonly createdAt: string;
};

type Order = 'priority' | 'score' | 'due' | 'stake' | 'newest';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Why an item stands where it stands in the queue, in this order and now: what the order goes by, and what presses besides. */
export function whyNext(place: QueuePlace, order: Order, now: Date): string {
  const due = dueIn(place, now);
  switch (order) {
    case 'priority':
      return join(`${place.priority}, ${points(place)}`, pressing(place, now));
    case 'score':
      return join(points(place), pressing(place, now));
    case 'due':
      return join(due, points(place));
    case 'stake':
      return join(`${counted(place.stake, 'credit')} at stake`, place.priority, pressing(place, now));
    case 'newest':
      return join(`came ${ago(now.getTime() - Date.parse(place.createdAt))}`, pressing(place, now));
  }
}

function join(...parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null).join(' · ');
}

const points = ({ score }: QueuePlace): string => counted(score, 'point');

/** "due in 3 h", "2 d overdue"; what is due within the minute is due now. */
function dueIn({ dueAt }: QueuePlace, now: Date): string {
  const left = Date.parse(dueAt) - now.getTime();
  if (Math.abs(left) < MINUTE) return 'due now';
  return left > 0 ? `due in ${span(left)}` : `${span(-left)} overdue`;
}

/** Told in any order where it is late or nearly so. */
function pressing(place: QueuePlace, now: Date): string | null {
  return Date.parse(place.dueAt) - now.getTime() < DAY ? dueIn(place, now) : null;
}

function ago(since: number): string {
  return since < MINUTE ? 'just now' : `${span(since)} ago`;
}

/** The largest whole unit: days from two on, so that "1 d" never stands for nearly two. */
function span(length: number): string {
  if (length >= 2 * DAY) return `${Math.floor(length / DAY)} d`;
  if (length >= HOUR) return `${Math.floor(length / HOUR)} h`;
  return `${Math.floor(length / MINUTE)} min`;
}
