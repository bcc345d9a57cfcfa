import { TROUBLED, UNDELIVERED } from '../domain/outbox.ts';

const list = (states: readonly string[]): string => states.map((state) => `'${state}'`).join(', ');

/** Conditions over `outbox`. */
export const IS_UNDELIVERED = `state IN (${list(UNDELIVERED)})`;
export const IS_TROUBLED = `(state IN (${list(TROUBLED)}) AND resolution IS NULL)`;
/** Somebody still has something to do about it: a server or a person. */
export const NOT_OVER = `(state IN (${list([...UNDELIVERED, 'awaiting_second'])}) OR ${IS_TROUBLED})`;
/** The same, or what such an operation takes back. */
export const IS_NEEDED = `(${NOT_OVER} OR id IN (SELECT undoes FROM outbox WHERE undoes IS NOT NULL AND ${NOT_OVER}))`;
