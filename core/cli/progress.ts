import { Presets, SingleBar } from 'cli-progress';

/** A bar on a terminal, nothing elsewhere. */
export type Progress = {
  readonly update: (title: string, done: number, total: number | null) => void;
  readonly stop: () => void;
};

/** A progress bar on standard error; one title after the other. */
export function progressBar(stream: NodeJS.WriteStream = process.stderr): Progress {
  if (!stream.isTTY) return { update: () => {}, stop: () => {} };
  let bar: SingleBar | null = null;
  let current = '';
  return {
    update: (title, done, total) => {
      if (title !== current) {
        bar?.stop();
        bar = new SingleBar(
          { format: `${title} {bar} {percentage}% {value}/{total} {eta_formatted}`, stream, hideCursor: true },
          Presets.shades_grey,
        );
        bar.start(total ?? done, done);
        current = title;
      }
      if (total !== null) bar?.setTotal(Math.max(total, done));
      bar?.update(done);
    },
    stop: () => bar?.stop(),
  };
}
