import { FRAUD_SIGNALS } from './constants.ts';

export type SignalName = keyof typeof FRAUD_SIGNALS;

export const SIGNAL_NAMES = Object.keys(FRAUD_SIGNALS) as readonly SignalName[];

/** What a fired pattern is called among the signals: `pattern:<id>`. */
export type PatternSignalName = `pattern:${string}`;

/** What an analyst reads for a signal. */
export const SIGNAL_LABELS: { readonly [Name in SignalName]: string } = {
  same_ip: 'Same address',
  same_device: 'Same device',
  disposable_email: 'Disposable e-mail',
  similar_email: 'Similar e-mail',
  rapid_registration: 'Rapid registration',
  bulk_registrations: 'Bulk registrations',
  vpn_proxy: 'VPN or proxy',
  new_account_referrer: 'New referrer account',
  instant_qualification: 'Instant qualification',
  minimal_activity: 'Minimal activity',
};

/** The label of a signal name as stored in `fraud_signals`, patterns included. */
export function signalLabel(name: string): string {
  return name in SIGNAL_LABELS ? SIGNAL_LABELS[name as SignalName] : 'Pattern';
}
