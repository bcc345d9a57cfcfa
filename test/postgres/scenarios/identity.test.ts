import { load, scenario, score } from '../../support/scenario.ts';
import { pair, referee, referrer, register, seen, user, code, without } from '../../support/scenario-events.ts';
import { bonuses, heldMedium, raeHeld, raePaid, raeQueued, scored } from '../../support/scenario-rows.ts';

const HOME = '192.0.2.1';

scenario(
  'an address that the referrer was seen at before is same_ip and held for 48 hours',
  [load([...pair({ ip: HOME }), seen('rob', '-1d', { ip: HOME })]), score()],
  raeHeld(30, ['same_ip']),
);

scenario(
  'the referrer having looked a code up from the address counts like a login',
  [load([...pair({ ip: HOME }), seen('rob', '-1d', { ip: HOME, context: 'code_validation' })]), score()],
  raeHeld(30, ['same_ip']),
);

scenario(
  'the address that the referrer once registered from as a referee counts',
  [
    load([
      ...referrer('sue', 'SUE'),
      user('rob', '-20d'),
      register('rob', 'SUE', '-20d', { id: 'rob joins', ip: HOME }),
      code('ROB', 'rob', '-15d'),
      ...referee('rae', 'ROB', '0', { ip: HOME }),
    ]),
    score(),
  ],
  {
    referrals: { rob: scored(0), rae: scored(30, ['same_ip']) },
    bonuses: [...bonuses('paid', 'rob', ['registered'], 'sue'), ...bonuses(heldMedium())],
    queue: [],
  },
);

scenario(
  'the neighbouring address of the same network is not same_ip',
  [load([...pair({ ip: HOME }), seen('rob', '-1d', { ip: '192.0.2.2' })]), score()],
  raePaid(),
);

scenario(
  'an address shared with a user who is not the referrer is nothing',
  [load([...pair({ ip: HOME }), user('eve', '-30d'), seen('eve', '-1d', { ip: HOME })]), score()],
  raePaid(),
);

scenario(
  'a referrer seen at the address one millisecond after the registration was not seen before',
  [load([...pair({ ip: HOME }), seen('rob', '+1ms', { ip: HOME })]), score()],
  raePaid(),
);

scenario(
  'at the same instant a sighting with the smaller id was before the registration',
  [load([...pair({ ip: HOME, id: 'e2' }), seen('rob', '0', { ip: HOME, id: 'e1' })]), score()],
  raeHeld(30, ['same_ip']),
);

scenario(
  'at the same instant a sighting with the greater id was not before the registration',
  [load([...pair({ ip: HOME, id: 'e2' }), seen('rob', '0', { ip: HOME, id: 'e3' })]), score()],
  raePaid(),
);

scenario(
  'a device that the referrer used before is same_device, on whatever address',
  [load([...pair({ device: 'tablet' }), seen('rob', '-1d', { device: 'tablet' })]), score()],
  raeHeld(50, ['same_device']),
);

scenario(
  'a device that the referrer used only afterwards is nothing',
  [load([...pair({ device: 'tablet' }), seen('rob', '+1ms', { device: 'tablet' })]), score()],
  raePaid(),
);

scenario(
  'at the same instant a device sighting with the greater id was not before the registration',
  [load([...pair({ device: 'tablet', id: 'e2' }), seen('rob', '0', { device: 'tablet', id: 'e3' })]), score()],
  raePaid(),
);

scenario(
  'two users without a device do not share one',
  [
    load([...referrer(), user('rae', '-1h'), without(register('rae', 'ROB'), 'device'), seen('rob', '-1d', {})]),
    score(),
  ],
  raePaid(),
);

scenario(
  'two users without a device at one address share the address only',
  [
    load([
      ...referrer(),
      user('rae', '-1h'),
      without(register('rae', 'ROB', '0', { ip: HOME }), 'device'),
      seen('rob', '-1d', { ip: HOME }),
    ]),
    score(),
  ],
  raeHeld(30, ['same_ip']),
);

scenario(
  'address and device together are 80 points, once each however often they match, and go to the queue',
  [
    load([
      ...pair({ ip: HOME, device: 'tablet' }),
      seen('rob', '-3d', { ip: HOME, device: 'tablet' }),
      seen('rob', '-2d', { ip: HOME, device: 'laptop' }),
      seen('rob', '-1d', { device: 'tablet' }),
    ]),
    score(),
  ],
  raeQueued(80, ['same_device', 'same_ip']),
);

scenario(
  'an IPv6 address is the same in its short and in its long form',
  [load([...pair({ ip: '2001:db8::1' }), seen('rob', '-1d', { ip: '2001:0DB8:0000:0000:0:0:0:0001' })]), score()],
  raeHeld(30, ['same_ip']),
);

scenario(
  'two IPv6 addresses of one /64 are not the same',
  [load([...pair({ ip: '2001:db8::1' }), seen('rob', '-1d', { ip: '2001:db8::2' })]), score()],
  raePaid(),
);

scenario(
  'an IPv4 address mapped into IPv6 is the IPv4 address',
  [load([...pair({ ip: HOME }), seen('rob', '-1d', { ip: '::ffff:192.0.2.1' })]), score()],
  raeHeld(30, ['same_ip']),
);

scenario(
  'an IPv4 address mapped into IPv6 and written in hexadecimal is the IPv4 address',
  [load([...pair({ ip: '::FFFF:C000:0201' }), seen('rob', '-1d', { ip: HOME })]), score()],
  raeHeld(30, ['same_ip']),
);
