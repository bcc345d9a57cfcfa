import type { Signal } from '../signal.ts';

export const disposableEmail: Signal = {
  name: 'disposable_email',
  sql: `
    SELECT b.relationship_id, jsonb_build_object('refereeId', b.referee_id, 'domain', u.email_domain, 'listed', u.disposable_domain) AS evidence
    FROM umpire_batch AS b JOIN umpire.users AS u ON u.user_id = b.referee_id
    WHERE u.disposable_domain IS NOT NULL`,
  describe: (evidence) => {
    if (evidence['erased'] === true)
      return 'The referee’s e-mail domain gave disposable addresses; it was since erased';
    return evidence['domain'] === evidence['listed']
      ? `The referee’s e-mail domain ${String(evidence['domain'])} gives disposable addresses`
      : `The referee’s e-mail domain ${String(evidence['domain'])} is below ${String(evidence['listed'])}, which gives disposable addresses`;
  },
};
