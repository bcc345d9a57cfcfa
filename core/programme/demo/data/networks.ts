/** A network operator's range. `v6` are the leading groups of what its customers get. */
export type Network = { readonly asn: string; readonly v4: string; readonly v6: string | null };

type Country = { readonly fixed: readonly Network[]; readonly mobile: readonly Network[] };

function network(asn: number, v4: string, v6: string | null = null): Network {
  return { asn: `AS${asn}`, v4, v6 };
}

/** The large access providers of each country. Who is behind an address is made up, every one of them. */
export const COUNTRIES: { readonly [country: string]: Country } = {
  DE: {
    fixed: [
      network(3320, '84.128.0.0/10', '2003:c7'),
      network(3209, '88.64.0.0/12', '2a02:8108'),
      network(6805, '77.0.0.0/12', '2a02:3100'),
      network(8881, '89.244.0.0/14', '2001:16b8'),
    ],
    mobile: [network(3320, '80.187.64.0/18'), network(3209, '109.40.0.0/15'), network(6805, '176.0.0.0/15')],
  },
  AT: { fixed: [network(8447, '62.46.0.0/15', '2001:871')], mobile: [network(8447, '178.112.0.0/16')] },
  CH: { fixed: [network(3303, '85.0.0.0/13', '2a02:1210')], mobile: [network(3303, '178.197.224.0/19')] },
  GB: {
    fixed: [
      network(2856, '86.128.0.0/11', '2a00:23c4'),
      network(5089, '82.0.0.0/12'),
      network(5607, '90.192.0.0/12', '2a02:c7c'),
    ],
    mobile: [network(12576, '31.64.0.0/15'), network(35228, '82.132.192.0/18')],
  },
  IE: { fixed: [network(5466, '86.40.0.0/14', '2001:bb6')], mobile: [network(15502, '109.76.0.0/15')] },
  FR: {
    fixed: [
      network(3215, '90.0.0.0/11', '2a01:cb14'),
      network(12322, '82.224.0.0/12', '2a01:e0a'),
      network(15557, '93.0.0.0/12'),
    ],
    mobile: [network(3215, '92.184.96.0/19'), network(15557, '77.204.0.0/16')],
  },
  BE: { fixed: [network(5432, '81.240.0.0/13', '2a02:a03f')], mobile: [network(47377, '94.104.0.0/16')] },
  ES: {
    fixed: [network(3352, '88.0.0.0/12'), network(12479, '90.160.0.0/13', '2a01:c50f')],
    mobile: [network(12430, '77.208.0.0/15'), network(3352, '95.121.0.0/16')],
  },
  IT: {
    fixed: [network(3269, '79.0.0.0/11'), network(30722, '5.88.0.0/14'), network(12874, '93.32.0.0/12', '2001:b07')],
    mobile: [network(16232, '5.168.0.0/15'), network(30722, '37.160.0.0/15')],
  },
  PL: {
    fixed: [network(5617, '83.0.0.0/12', '2a01:115f'), network(6830, '89.64.0.0/14')],
    mobile: [network(12912, '5.173.0.0/16'), network(8374, '37.47.0.0/16')],
  },
  NL: {
    fixed: [network(1136, '86.80.0.0/13', '2a02:a447'), network(33915, '84.24.0.0/14', '2001:1c00')],
    mobile: [network(31615, '62.140.128.0/18'), network(1136, '188.206.64.0/18')],
  },
  SE: {
    fixed: [network(3301, '81.224.0.0/13', '2001:2042'), network(1257, '83.248.0.0/14')],
    mobile: [network(1257, '90.236.0.0/16'), network(3301, '95.192.0.0/16')],
  },
  TR: {
    fixed: [network(9121, '78.160.0.0/12'), network(34984, '176.40.0.0/15')],
    mobile: [network(16135, '5.24.0.0/15'), network(15897, '46.104.0.0/16')],
  },
  US: {
    fixed: [
      network(7922, '73.0.0.0/10', '2601:645'),
      network(701, '71.96.0.0/12', '2600:4040'),
      network(20115, '97.80.0.0/13'),
      network(7018, '108.192.0.0/11', '2600:1700'),
    ],
    mobile: [network(21928, '172.32.0.0/13'), network(6167, '174.192.0.0/12'), network(20057, '107.64.0.0/14')],
  },
  CA: {
    fixed: [network(577, '65.92.0.0/15'), network(812, '99.224.0.0/12', '2607:fea8')],
    mobile: [network(812, '72.136.0.0/16')],
  },
  MX: { fixed: [network(8151, '189.128.0.0/11', '2806:2f0')], mobile: [network(28403, '200.68.128.0/18')] },
  CO: { fixed: [network(10620, '181.48.0.0/14')], mobile: [network(26611, '191.156.0.0/16')] },
  AR: { fixed: [network(7303, '181.0.0.0/12', '2800:810')], mobile: [network(7303, '186.141.192.0/18')] },
  BR: {
    fixed: [network(28573, '177.32.0.0/12', '2804:14c'), network(18881, '177.96.0.0/12', '2804:7f0')],
    mobile: [network(26599, '187.26.0.0/16'), network(22085, '179.112.0.0/15')],
  },
  PT: { fixed: [network(3243, '85.240.0.0/14', '2001:8a0')], mobile: [network(12353, '148.63.0.0/16')] },
  IN: {
    fixed: [network(24560, '122.160.0.0/13', '2401:4900'), network(9829, '117.192.0.0/12')],
    mobile: [network(55836, '49.36.0.0/15'), network(45609, '106.192.0.0/14')],
  },
  JP: {
    fixed: [
      network(4713, '153.160.0.0/12', '2400:4050'),
      network(17676, '126.64.0.0/11', '2400:2411'),
      network(2516, '106.128.0.0/12', '240f:74'),
    ],
    mobile: [network(9605, '49.96.0.0/16'), network(17676, '126.208.0.0/15')],
  },
};

/** Consumer VPN services, for people who travel or like their privacy. */
export const VPNS: readonly Network[] = [
  network(9009, '146.70.96.0/20'),
  network(39351, '193.138.218.0/24'),
  network(60068, '89.187.160.0/20'),
  network(212238, '149.88.16.0/22'),
];

/** Networks that cheats rent lie in ranges and numbers reserved for documentation, so that no company stands accused. */
export const RENTED = {
  listed: network(64_500, '203.0.113.0/24'),
  unlisted: network(64_501, '198.51.100.0/24'),
  wide: network(64_502, '198.18.64.0/20', '2001:db8'),
} as const;

export const TOR: Network = network(64_503, '192.0.2.0/24');
