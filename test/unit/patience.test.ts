import { describe, expect, it } from 'vitest';
import { patienceWith } from '../../core/host/patience.ts';

describe('waiting for a server', () => {
  it('is over after the first that it does not answer, until something is answered', async () => {
    let silences = 0;
    const patience = patienceWith(() => void (silences += 1));
    expect(await patience.ask(1000, async () => 'here')).toBe('here');
    const { promise, resolve } = Promise.withResolvers<string>();
    const late: string[] = [];
    expect(
      await patience.ask(
        1,
        () => promise,
        (value) => late.push(value),
      ),
    ).toBeNull();
    expect(silences).toBe(1);
    let begun = 0;
    const other = async (): Promise<string> => {
      begun += 1;
      return 'other';
    };
    expect(await patience.ask(1000, other)).toBeNull();
    expect({ begun, silences }).toEqual({ begun: 0, silences: 1 });
    resolve('late');
    await promise;
    expect(await patience.ask(1000, other)).toBe('other');
    expect(late).toEqual(['late']);
  });

  it('begins again when the server is known to be there, and passes on what fails in time', async () => {
    const patience = patienceWith(() => undefined);
    expect(await patience.ask(0, () => new Promise<never>(() => undefined))).toBeNull();
    patience.answered();
    await expect(patience.ask(1000, () => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    expect(await patience.ask(1000, async () => 'there')).toBe('there');
  });
});
