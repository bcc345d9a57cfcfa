import { builtinModules } from 'node:module';
import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import type { InlineConfig } from 'vite';
import { ROOT } from './root.ts';

/** `packaged` builds do not contain what serves development only. */
export type Flavour = 'development' | 'packaged';

const NODE_MODULES = [...builtinModules, ...builtinModules.map((name) => `node:${name}`)];

/** One CommonJS file: main so that everything is registered before `ready`, preload because a sandboxed one must be. */
function desktopBundle(name: 'main' | 'preload', out: string, flavour: Flavour): InlineConfig {
  return {
    configFile: false,
    root: ROOT,
    logLevel: 'warn',
    define: { __DEVELOPMENT__: JSON.stringify(flavour === 'development') },
    build: {
      outDir: join(out, name),
      emptyOutDir: true,
      target: 'node20',
      minify: false,
      sourcemap: flavour === 'development',
      lib: { entry: join(ROOT, 'electron', `${name}.ts`), formats: ['cjs'], fileName: () => `${name}.cjs` },
      rolldownOptions: {
        external: ['electron', ...NODE_MODULES],
        output: { codeSplitting: false },
        // A module that nothing is used of is not even loaded: packaged builds start no other program.
        treeshake: { moduleSideEffects: 'no-external' },
      },
    },
    // Not a browser build: packages are taken by their Node entries and none is left out of the file.
    resolve: { conditions: ['node', 'import', 'default'], mainFields: ['module', 'main'] },
  };
}

function windowBundle(out: string, flavour: Flavour): InlineConfig {
  return {
    configFile: false,
    root: join(ROOT, 'renderer'),
    base: './',
    logLevel: 'warn',
    plugins: [react()],
    build: {
      outDir: join(out, 'renderer'),
      emptyOutDir: true,
      target: 'chrome130',
      sourcemap: flavour === 'development',
      // Everything is read from disk: small files inlined as data: would only widen the content policy.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 4_000,
    },
    worker: { format: 'es' },
  };
}

export function bundles(out: string, flavour: Flavour): readonly InlineConfig[] {
  return [desktopBundle('main', out, flavour), desktopBundle('preload', out, flavour), windowBundle(out, flavour)];
}
