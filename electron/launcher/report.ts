/** Tells the person at the terminal; on standard error, so that a command's output stays its own. */
export type Report = (line: string) => void;

export const toTerminal: Report = (line) => void process.stderr.write(`umpire: ${line}\n`);
