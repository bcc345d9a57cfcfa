import { counted } from '../domain/counted.ts';
import { CROWD_LIMIT } from './crowd.ts';
import type { Likeness } from './likeness.ts';
import type { PartyFacts } from './party-facts.ts';

/** From this many accounts on, an address is more than a household. */
export const CROWDED = 8;
const DAY = 24 * 60 * 60 * 1000;
/** A referrer known this long did not open the account for this referral. */
const LONG_KNOWN_DAYS = 90;
const ENOUGH_DECIDED = 3;

export type InnocentInput = {
  readonly referrer: PartyFacts;
  readonly referee: PartyFacts;
  readonly registeredAt: string;
  /** Accounts at each address that both used; counting stopped at `CROWD_LIMIT`. */
  readonly crowds: readonly number[];
  readonly likenesses: readonly Likeness[];
};

/** Facts that may speak for the people, one sentence each: facts only, what they mean is the analyst's to say. */
export function innocentFacts(input: InnocentInput): string[] {
  return [...crowdedAddresses(input), ...apart(input), ...known(input), ...customer(input), ...travels(input)];
}

function crowdedAddresses({ crowds }: InnocentInput): string[] {
  return crowds
    .filter((count) => count >= CROWDED)
    .sort((a, b) => b - a)
    .slice(0, 3)
    .map((count) => {
      const many =
        count >= CROWD_LIMIT ? `${count.toLocaleString('en-GB')} accounts or more` : counted(count, 'account');
      return `The address that both used was used by ${many} (an office, a campus or a carrier)`;
    });
}

/** People of one household share the address and not the device. */
function apart({ referrer, referee, likenesses }: InnocentInput): string[] {
  const shares = (fact: Likeness['fact']): boolean => likenesses.some((like) => like.fact === fact);
  if (!shares('address') || shares('device') || referrer.devices.length === 0 || referee.devices.length === 0)
    return [];
  return [
    `They share an address and never a device: ${counted(referrer.devices.length, 'device')} of the referrer, ${referee.devices.length} of the referee`,
  ];
}

function known({ referrer, registeredAt }: InnocentInput): string[] {
  const { person } = referrer;
  const facts: string[] = [];
  const days = Math.floor((Date.parse(registeredAt) - Date.parse(person.created_at)) / DAY);
  if (days >= LONG_KNOWN_DAYS) facts.push(`The referrer's account was ${counted(days, 'day')} old at the registration`);
  if (person.approved >= ENOUGH_DECIDED && person.rejected === 0) {
    facts.push(`${person.approved} referrals of this referrer were approved, none rejected`);
  }
  return facts;
}

/** A purchase long after the bonus, several apps: what an account made for a bonus rarely has. */
function customer({ referee }: InnocentInput): string[] {
  const { person, usages } = referee;
  const facts: string[] = [];
  if (person.purchases >= 2 && person.first_purchase_at !== null && person.last_purchase_at !== null) {
    const days = Math.floor((Date.parse(person.last_purchase_at) - Date.parse(person.first_purchase_at)) / DAY);
    facts.push(
      `The referee bought ${person.purchases} times within ${counted(days, 'day')}, ${counted(person.purchased, 'credit')} in all`,
    );
  }
  const first = Math.min(...usages.map((use) => Date.parse(use.first_at)));
  const last = Math.max(...usages.map((use) => Date.parse(use.last_at)));
  const days = Math.floor((last - first) / DAY);
  if (days >= 14) {
    const uses = usages.reduce((sum, use) => sum + use.uses, 0);
    facts.push(`The referee used ${counted(usages.length, 'app')} ${uses} times over ${counted(days, 'day')}`);
  }
  return facts;
}

/** Who hides now and then is also seen from home, in the same country. */
function travels({ referee: { places } }: InnocentInput): string[] {
  if (places.hidden === 0 || places.residential === 0) return [];
  const facts = [
    `The referee was also seen from ${counted(places.residential, 'residential address', 'residential addresses')}`,
  ];
  const [only] = places.countries;
  if (places.countries.length === 1 && typeof only === 'string')
    facts.push(`All addresses of the referee are in ${only}`);
  return facts;
}
