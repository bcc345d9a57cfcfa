import type { Signal } from '../signal.ts';

export const newAccountReferrer: Signal = {
  name: 'new_account_referrer',
  sql: `
    SELECT b.relationship_id, jsonb_build_object('referrerId', b.referrer_id, 'accountCreatedAt', u.created_at, 'registeredAt', b.at) AS evidence
    FROM umpire_batch AS b JOIN auth.users AS u ON u.id = b.referrer_id
    WHERE b.at < u.created_at + interval '7 days'`,
  describe: (evidence, words) => {
    const age = Date.parse(String(evidence['registeredAt'])) - Date.parse(String(evidence['accountCreatedAt']));
    return age < 0
      ? `The referrer’s account is younger than the registration (made ${words.time(evidence['accountCreatedAt'])})`
      : `The referrer’s account was ${words.span(age)} old (made ${words.time(evidence['accountCreatedAt'])})`;
  },
};
