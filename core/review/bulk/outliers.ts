import { counted } from '../../domain/counted.ts';
import type { Decision } from '../../domain/decision.ts';
import type { Severity } from '../../domain/vocabulary.ts';

export type SessionItem = {
  readonly itemId: string;
  readonly decision: Decision;
  readonly band: Severity;
  readonly score: number;
  /** Credits that a decision is about. */
  readonly stake: number;
  readonly signals: readonly string[];
  readonly referrerId: string;
  /** Earlier items of the same referrer that were decided the other way. */
  readonly opposed: number;
};

export type Outlier = { readonly itemId: string; readonly why: string };

type Mark = { readonly weight: number; readonly why: string };
type Rule = (items: readonly SessionItem[]) => (item: SessionItem) => Mark | null;

const MOST = 20;
/** Fewer have no "rest" that one of them could be unlike. */
const FEWEST = 8;
/** What so small a share has is rare. */
const RARE = 0.05;
/** Deviations from the median, as multiples of what a normal spread has, from which on a value is far off (Iglewicz and Hoaglin). */
const FAR = 3.5;
/** Median deviation of a normal distribution, in standard deviations. */
const NORMAL = 0.6745;
const LARGE_GROUP = 5;

/** Items unlike the rest of what will be decided: a look at them is worth more than at any others. The most unlike first. */
export function outliersOf(items: readonly SessionItem[]): Outlier[] {
  const marks = (items.length < FEWEST ? [opposed] : RULES).map((rule) => rule(items));
  return items
    .map((item) => ({ itemId: item.itemId, marks: marks.flatMap((mark) => mark(item) ?? []) }))
    .filter((found) => found.marks.length > 0)
    .map((found) => ({
      itemId: found.itemId,
      weight: found.marks.reduce((sum, { weight }) => sum + weight, 0),
      why: [...found.marks]
        .sort((a, b) => b.weight - a.weight)
        .slice(0, 2)
        .map(({ why }) => why)
        .join('; '),
    }))
    .sort((a, b) => b.weight - a.weight || (a.itemId < b.itemId ? -1 : 1))
    .slice(0, MOST)
    .map(({ itemId, why }) => ({ itemId, why }));
}

const opposed: Rule =
  () =>
  ({ opposed: count, decision }) =>
    count === 0 || decision === 'escalate'
      ? null
      : {
          weight: 3 + Math.min(count, 5),
          why: `${counted(count, 'referral')} of this referrer ${count === 1 ? 'was' : 'were'} ${decision === 'reject' ? 'approved' : 'rejected'} before`,
        };

const band: Rule = (items) => {
  const counts = countBy(items.map((item) => item.band));
  return ({ band: own }) => {
    const count = counts.get(own) ?? 0;
    if (count > items.length * RARE) return null;
    return { weight: 3, why: `${own}, as ${share(count, items.length)} of the session` };
  };
};

const signals: Rule = (items) => {
  const counts = countBy(items.flatMap((item) => [...new Set(item.signals)]));
  const usual = [...counts].filter(([, count]) => count >= items.length * (1 - RARE)).map(([name]) => name);
  return ({ signals: own }) => {
    const rare = own
      .map((name) => ({ name, count: counts.get(name) ?? 0 }))
      .sort((a, b) => a.count - b.count)
      .find(({ count }) => count <= items.length * RARE);
    if (rare !== undefined) return { weight: 2, why: `${rare.name}, which ${share(rare.count, items.length)} have` };
    const missing = usual.find((name) => !own.includes(name));
    return missing === undefined ? null : { weight: 2, why: `not ${missing}, which nearly all others have` };
  };
};

const single: Rule = (items) => {
  const groups = countBy(items.map((item) => item.referrerId));
  const inLarge = [...groups.values()].filter((size) => size >= LARGE_GROUP).reduce((sum, size) => sum + size, 0);
  const mostly = inLarge >= items.length * 0.7;
  return ({ referrerId }) =>
    mostly && groups.get(referrerId) === 1
      ? { weight: 1.5, why: 'the only one of its referrer, where others come in groups' }
      : null;
};

function far(what: (item: SessionItem) => number, tell: (value: number, middle: number) => string): Rule {
  return (items) => {
    const middle = median(items.map(what));
    const spread = median(items.map((item) => Math.abs(what(item) - middle)));
    // Where most are equal, the mean deviation tells how far off is far.
    const mean = items.reduce((sum, item) => sum + Math.abs(what(item) - middle), 0) / items.length;
    const unit = spread > 0 ? spread / NORMAL : mean * 1.253;
    return (item) => {
      const off = unit === 0 ? 0 : Math.abs(what(item) - middle) / unit;
      return off > FAR ? { weight: Math.min(off / FAR, 4), why: tell(what(item), middle) } : null;
    };
  };
}

const score = far(
  (item) => item.score,
  (value, middle) => `${counted(value, 'point')}, where the middle is ${Math.round(middle)}`,
);
const stake = far(
  (item) => item.stake,
  (value, middle) => `${counted(value, 'credit')} at stake, where the middle is ${Math.round(middle)}`,
);

const RULES: readonly Rule[] = [opposed, band, signals, single, score, stake];

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[(sorted.length >> 1) - 1] ?? 0) + upper) / 2;
}

function countBy(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

const share = (count: number, of: number): string => `${count === 1 ? 'only this one' : `only ${count}`} of ${of}`;
