import type { Part } from '../parts.ts';
import { burst } from './burst.ts';
import { datacenter } from './datacenter.ts';
import { deviceFarm } from './device-farm.ts';
import { emailVariants } from './email-variants.ts';
import { manyAccounts } from './many-accounts.ts';
import { purchaseAndLeave } from './purchase-and-leave.ts';
import { slowRing } from './slow-ring.ts';

export const ALL_SCHEMES: readonly Part[] = [
  manyAccounts,
  emailVariants,
  deviceFarm,
  burst,
  datacenter,
  purchaseAndLeave,
  slowRing,
];
