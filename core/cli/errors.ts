/** Arguments that cannot be understood: said in one line, exit status 2 unless it says otherwise. */
export class BadArgument extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 2) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The command did what it could and failed: its result is printed already. */
export class Failed extends Error {}
