import { load, scenario, score, type Step } from '../../support/scenario.ts';
import { at, bought, pair, used, type ScenarioEvent } from '../../support/scenario-events.ts';
import { bonuses, heldMedium, scored } from '../../support/scenario-rows.ts';
import type { Outcome } from '../../support/scenario-outcome.ts';

function activatedAt(offset: string): Outcome {
  return {
    referrals: { rae: scored(0, [], { stage: 'activated' }) },
    bonuses: bonuses('paid', 'rae', ['registered', 'activated']),
    queue: [],
    stages: { rae: { registered: at('0'), activated: at(offset) } },
  };
}

function after(...events: readonly ScenarioEvent[]): readonly Step[] {
  return [load([...pair(), ...events]), score()];
}

scenario('first usage activates at its own time', after(used('rae', '+1h')), activatedAt('+1h'));

scenario(
  'usage 4 min 59.999 s after the registration activates at 5 min',
  after(used('rae', '+4m59.999s')),
  activatedAt('+5m'),
);

scenario('usage exactly 5 min after the registration activates then', after(used('rae', '+5m')), activatedAt('+5m'));

scenario(
  'early usage activates at 5 min although more usage follows later',
  after(used('rae', '+1m'), used('rae', '+3h')),
  activatedAt('+5m'),
);

scenario(
  'the first usage counts however the events arrived',
  [load([...pair(), used('rae', '+3h')]), load([used('rae', '+1h')]), score()],
  activatedAt('+1h'),
);

scenario('usage of somebody else activates nothing', [load([...pair(), used('rob', '+1h')]), score()], {
  referrals: { rae: scored(0) },
  bonuses: bonuses('paid'),
  queue: [],
  stages: { rae: { registered: at('0') } },
});

scenario(
  'a purchase activates and qualifies at once when no usage came before it',
  after(bought('rae', '+30h'), used('rae', '+40h')),
  {
    referrals: { rae: scored(25, ['minimal_activity'], { stage: 'qualified' }) },
    bonuses: bonuses('paid', 'rae', ['registered', 'activated', 'qualified']),
    queue: [],
    stages: { rae: { registered: at('0'), activated: at('+30h'), qualified: at('+30h') } },
  },
);

scenario(
  'a purchase before the 5 min of an early usage activates at the purchase',
  after(used('rae', '+1m'), bought('rae', '+2m')),
  {
    referrals: { rae: scored(35, ['instant_qualification'], { stage: 'qualified' }) },
    bonuses: bonuses(heldMedium(), 'rae', ['registered', 'activated', 'qualified']),
    queue: [],
    stages: { rae: { registered: at('0'), activated: at('+2m'), qualified: at('+2m') } },
  },
);

scenario(
  'the first of two purchases qualifies, in whatever order they arrived',
  [load([...pair(), used('rae', '+1h'), bought('rae', '+60h')]), load([bought('rae', '+30h')]), score()],
  {
    referrals: { rae: scored(0, [], { stage: 'qualified' }) },
    bonuses: bonuses('paid', 'rae', ['registered', 'activated', 'qualified']),
    queue: [],
    stages: { rae: { registered: at('0'), activated: at('+1h'), qualified: at('+30h') } },
  },
);
