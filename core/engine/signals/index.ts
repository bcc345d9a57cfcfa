import { bulkRegistrations } from './bulk-registrations.ts';
import { disposableEmail } from './disposable-email.ts';
import { instantQualification } from './instant-qualification.ts';
import { minimalActivity } from './minimal-activity.ts';
import { newAccountReferrer } from './new-account-referrer.ts';
import { rapidRegistration } from './rapid-registration.ts';
import { sameDevice } from './same-device.ts';
import { sameIp } from './same-ip.ts';
import { similarEmail } from './similar-email.ts';
import { vpnProxy } from './vpn-proxy.ts';
import type { Signal } from '../signal.ts';

/** Every signal of the engine, in the seed's order. A new one is a file beside these and a line here. */
export const SIGNALS: readonly Signal[] = [
  sameIp,
  sameDevice,
  disposableEmail,
  similarEmail,
  rapidRegistration,
  bulkRegistrations,
  vpnProxy,
  newAccountReferrer,
  instantQualification,
  minimalActivity,
];
