import type { Evidence, Words } from '../signal.ts';

const WHAT: Readonly<Record<string, string>> = {
  address: 'The registration’s address is',
  network: 'The registration’s address lies in',
  device: 'The registration’s device is',
  domain: 'The referee’s e-mail domain is below',
  email_regex: 'The referee’s e-mail matches',
  arrival: 'The registration matched',
};

/** The sentence for a pattern that matched. */
export function describePattern(evidence: Evidence, words: Words): string {
  const what = WHAT[String(evidence['matched'])] ?? 'The referral matches';
  const value = 'hash' in evidence ? words.short(evidence['hash']) : String(evidence['patternValue']);
  return `${what} ${value}, a pattern of severity ${String(evidence['severity'])} (${words.time(evidence['registeredAt'])})`;
}
