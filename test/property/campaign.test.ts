import { expect, test } from 'vitest';
import { agreementOn, HISTORY_TIMEOUT } from '../support/programme/agreement.ts';
import { history } from '../support/programme/generate.ts';
import { played } from '../support/programme/programmes.ts';

/** The longest of the programmes (programme.test.ts), in a file of its own: the files of a suite run side by side. */
test.each(played('campaign'))(
  'the model agrees in every step: $name, seed $seed',
  { timeout: HISTORY_TIMEOUT },
  async ({ seed, shape }) => {
    expect(await agreementOn(history(seed, shape))).toBe('agreed');
  },
);
