import type { Part } from '../parts.ts';
import { campaign } from './campaign.ts';
import { campus } from './campus.ts';
import { carrier } from './carrier.ts';
import { family } from './family.ts';
import { flatShare } from './flat-share.ts';
import { office } from './office.ts';
import { traveller } from './traveller.ts';

export const ALL_GROUPS: readonly Part[] = [family, flatShare, campus, office, traveller, carrier, campaign];
