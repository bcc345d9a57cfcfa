import type { CallOutcome, MethodName, MethodRequest } from './methods.ts';
import type { Notice } from './notices.ts';

/** Messages from main to the core host. `id` pairs a call with its answer. */
export type ToHost =
  | {
      readonly type: 'call';
      readonly id: number;
      readonly method: MethodName;
      readonly request: MethodRequest<MethodName>;
    }
  | { readonly type: 'stop' };

/** Messages from the core host to main. */
export type FromHost =
  | { readonly type: 'answer'; readonly id: number; readonly outcome: CallOutcome }
  | { readonly type: 'notice'; readonly notice: Notice };
