/** The cache could not do something, and did nothing of it: a full disk, a read-only folder. Sync goes on with all else. */
export class StoreFailure extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** A call of the store, whose failure is told from the server's. */
export function stored<Value>(call: () => Value): Value {
  try {
    return call();
  } catch (error) {
    throw new StoreFailure(error);
  }
}
