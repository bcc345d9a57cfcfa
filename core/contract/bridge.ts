import type { CallOutcome, MethodName, MethodRequest } from './methods.ts';
import type { Notice } from './notices.ts';

/** What the preload puts on the window's global object, as `umpire`: this and nothing else. */
export type Bridge = {
  call<M extends MethodName>(method: M, request: MethodRequest<M>): Promise<CallOutcome<M>>;
  /** Returns the function that ends the subscription. */
  subscribe(listener: (notice: Notice) => void): () => void;
  readonly platform: string;
};

declare global {
  // oxlint-disable-next-line no-var -- the only form that types a property of the global object
  var umpire: Bridge;
}

/** Channel names between preload and main. */
export const CALL_CHANNEL = 'umpire:call';
export const NOTICE_CHANNEL = 'umpire:notice';
