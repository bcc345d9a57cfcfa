import type { Signal } from '../signal.ts';

const NAMES: Readonly<Record<string, string>> = {
  vpn: 'a VPN',
  proxy: 'a proxy',
  tor: 'the Tor network',
  datacenter: 'a data centre',
};

export const vpnProxy: Signal = {
  name: 'vpn_proxy',
  sql: `
    SELECT b.relationship_id, jsonb_build_object('ipHash', b.ip_hash, 'ipType', b.ip_type, 'registeredAt', b.at) AS evidence
    FROM umpire_batch AS b WHERE b.ip_type IN ('vpn', 'proxy', 'tor', 'datacenter')`,
  describe: (evidence, words) =>
    `Registered from ${NAMES[String(evidence['ipType'])] ?? String(evidence['ipType'])} (${evidence['erased'] === true ? 'address since erased' : `address ${words.short(evidence['ipHash'])}`}, ${words.time(evidence['registeredAt'])})`,
};
