/** A column of a plain-text table. Numbers are aligned at their right end. */
export type Column<Row> = {
  readonly title: string;
  readonly right?: boolean;
  readonly text: (row: Row) => string;
};

/** Aligned lines under one of titles, without trailing blanks; columns are parted by two blanks. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ text }) => text(row)))];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => widthOf(line[index] ?? ''))));
  return lines
    .map((line) =>
      columns
        .map(({ right }, index) => pad(line[index] ?? '', widths[index] ?? 0, right === true))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function pad(text: string, width: number, right: boolean): string {
  const blanks = ' '.repeat(Math.max(0, width - widthOf(text)));
  return right ? blanks + text : text + blanks;
}

/** Characters as a person counts them; good enough for names in a terminal. */
function widthOf(text: string): number {
  return [...new Intl.Segmenter().segment(text)].length;
}

// A name is whatever a user typed: what would move the cursor or colour the terminal is shown as a blank.
const CONTROLS = /\p{C}/gu;

export function printable(text: string): string {
  return text.replaceAll(CONTROLS, ' ');
}

/** "2026-03-12 09:14", in UTC. */
export function minute(instant: string): string {
  return new Date(instant).toISOString().slice(0, 16).replace('T', ' ');
}
