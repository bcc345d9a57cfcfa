import { describe, expect, it } from 'vitest';
import type { EvidenceSeen } from '../../core/contract/sync.ts';
import { changesBetween } from '../../core/sync/conflict.ts';

const SEEN: EvidenceSeen = {
  version: 1,
  score: 64,
  priority: 'high',
  ruleSetVersion: 1,
  signals: [
    { name: 'same_device', points: 40 },
    { name: 'same_ip', points: 24 },
  ],
};

describe('what changed in the evidence since somebody looked', () => {
  it('is nothing where only the version did', () => {
    expect(changesBetween(SEEN, { ...SEEN, version: 9 })).toEqual([]);
  });

  it('is told band first, then score, signals and rules', () => {
    const now: EvidenceSeen = {
      version: 4,
      score: 95,
      priority: 'critical',
      ruleSetVersion: 2,
      signals: [
        { name: 'same_device', points: 45 },
        { name: 'vpn_proxy', points: 50 },
      ],
    };
    expect(changesBetween(SEEN, now)).toEqual([
      'Band rose from high to critical.',
      'Score rose from 64 to 95.',
      'Same device counts 45 points now, 40 before.',
      'New signal: VPN or proxy, 50 points.',
      'Same address is gone, 24 points.',
      'It was scored by version 2 of the rules; before by version 1.',
    ]);
  });

  it('tells two patterns apart', () => {
    const signals = [
      { name: 'pattern:11111111-0000-4000-8000-000000000000', points: 10 },
      { name: 'pattern:22222222-0000-4000-8000-000000000000', points: 1 },
    ];
    expect(changesBetween({ ...SEEN, signals: [] }, { ...SEEN, signals })).toEqual([
      'New signal: Pattern 11111111, 10 points.',
      'New signal: Pattern 22222222, 1 point.',
    ]);
  });
});
