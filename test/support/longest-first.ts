import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take long, the longest first. Where no earlier run has left their times, Vitest begins with the largest files, and what
 * lasts would be left for the end, with nothing beside it.
 */
const LONGEST = [
  'property/campaign',
  'property/programme',
  'postgres/races',
  'postgres/bulk-kill',
  'postgres/workers',
  'postgres/jobs-watch',
  'postgres/scenarios/arrival',
  'postgres/jobs-kill',
  'sync/killed',
  'sync/simulation-cache',
  'sync/disk',
  'sync/simulation',
  'sync/mutations',
];

function place({ moduleId }: TestSpecification): number {
  const found = LONGEST.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
  return found === -1 ? LONGEST.length : found;
}

/** The order in which the files of a project begin. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    // A project's files stay together: projects follow one another.
    const projects = [...new Set(sorted.map(({ project }) => project))];
    return projects.flatMap((project) =>
      sorted.filter((file) => file.project === project).toSorted((a, b) => place(a) - place(b)),
    );
  }
}
