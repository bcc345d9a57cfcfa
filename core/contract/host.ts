import type { CallOutcome, MethodName, MethodRequest } from './methods.ts';
import type { Notice } from './notices.ts';

/**
 * The key of the cache as main has it (SPEC 5). It goes by message alone: an environment and a command line can be read by
 * others. `place` is `file` where this computer has no keychain.
 */
export type CacheKey =
  | { readonly state: 'had'; readonly hex: string; readonly place: 'keychain' | 'file' }
  /** What happened, what is safe and what to do, in words. */
  | { readonly state: 'lost'; readonly message: string };

/** Messages from main to the core host. `id` pairs a call with its answer. */
export type ToHost =
  | {
      readonly type: 'call';
      readonly id: number;
      readonly method: MethodName;
      readonly request: MethodRequest<MethodName>;
    }
  /** The answer to each `wantKey`, in their order. */
  | { readonly type: 'key'; readonly key: CacheKey }
  | { readonly type: 'stop' };

/** Messages from the core host to main. */
export type FromHost =
  | { readonly type: 'answer'; readonly id: number; readonly outcome: CallOutcome }
  | { readonly type: 'notice'; readonly notice: Notice }
  /**
   * Of the cache in the folder of this name (`core/host/place.ts`). With `renew` a new one is made; whatever the old one encrypted is
   * unreadable from then on, and nothing of another cache.
   */
  | { readonly type: 'wantKey'; readonly cache: string; readonly renew: boolean };
