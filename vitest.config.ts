import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import type { TestProjectInlineConfiguration } from 'vitest/config';

const POSTGRES = './test/support/postgres-global.ts';
const ELECTRON = './test/support/electron-global.ts';

const POLL_SECONDS = 30;

type Needs = {
  readonly setups?: readonly string[];
  /** One file after the other: a window takes the machine for itself. */
  readonly serial?: boolean;
  readonly seconds: number;
};

const PROJECTS: { readonly [name: string]: Needs } = {
  unit: { seconds: 60 },
  property: { setups: [POSTGRES], seconds: 120 },
  postgres: { setups: [POSTGRES], seconds: 180 },
  sync: { setups: [POSTGRES], seconds: 180 },
  security: { setups: [ELECTRON], serial: true, seconds: 60 },
  e2e: { setups: [POSTGRES, ELECTRON], serial: true, seconds: 120 },
};

function project(name: string, { setups = [], serial = false, seconds }: Needs): TestProjectInlineConfiguration {
  return {
    define: { __DEVELOPMENT__: 'true' },
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      globalSetup: setups.filter((file) => existsSync(new URL(file, import.meta.url))),
      testTimeout: seconds * 1000,
      hookTimeout: seconds * 1000,
      fileParallelism: !serial,
      expect: {
        // A test that waits for nothing proves nothing.
        requireAssertions: true,
        // A poll ends when what it waits for is there; this only bounds one that waits in vain.
        poll: { timeout: POLL_SECONDS * 1000 },
      },
    },
  };
}

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: Object.entries(PROJECTS).map(([name, needs]) => project(name, needs)),
  },
});
