/** The database cannot be brought to where it was asked to be; the message says what stands in the way and what to do. */
export class MigrateError extends Error {}
