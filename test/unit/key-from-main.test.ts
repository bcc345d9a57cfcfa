import { expect, it } from 'vitest';
import type { FromHost, ToHost } from '../../core/contract/host.ts';
import { keyFromMain } from '../../core/host/key.ts';

it('never takes the key of one cache for that of another, however long main takes for each', async () => {
  const asked: string[] = [];
  let tell: (message: ToHost) => void = () => undefined;
  const key = keyFromMain({
    send: (message: FromHost) => void (message.type === 'wantKey' && asked.push(message.cache)),
    onMessage: (listener) => (tell = listener),
    onClosed: () => undefined,
  });
  const answer = (hex: string): void => tell({ type: 'key', key: { state: 'had', hex, place: 'file' } });
  const [first, second] = [key('first', false), key('second', false)];
  await Promise.resolve();
  expect(asked).toEqual(['first']);
  answer('of the first');
  expect(await first).toMatchObject({ hex: 'of the first' });
  await Promise.resolve();
  expect(asked).toEqual(['first', 'second']);
  answer('of the second');
  expect(await second).toMatchObject({ hex: 'of the second' });
});
