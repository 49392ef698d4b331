import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { defineConfig } from 'tsdown'
import { addCommonJs } from './scripts/commonjs.ts'

const GENERATED = 'src/definitions/generated'

/** The entries that programs import, by the path of what is built. */
const ENTRIES = {
  'core/index': 'src/core/index.ts',
  'adapters/cloudflare': 'src/adapters/cloudflare.ts',
  'adapters/node': 'src/adapters/node.ts',
  'adapters/deno': 'src/adapters/deno.ts',
  'adapters/bun': 'src/adapters/bun.ts',
  'adapters/browser': 'src/adapters/browser.ts',
  'adapters/frameworks/index': 'src/adapters/frameworks/index.ts',
  'flows/payment/index': 'src/flows/payment/index.ts',
  'flows/bill/index': 'src/flows/bill/index.ts',
  'flows/media/index': 'src/flows/media/index.ts',
  'flows/paging/index': 'src/flows/paging/index.ts',
  'flows/onboarding/index': 'src/flows/onboarding/index.ts',
  'flows/notification/index': 'src/flows/notification/index.ts',
  'gateway/index': 'src/gateway/index.ts',
  'server/index': 'src/server/index.ts',
  'simulator/index': 'src/simulator/index.ts',
}

/**
 * The types of all endpoints are copied, not bundled: the bundler would name each of them three times over, in the import
 * and export lists of its chunks, which every program that imports the package would parse. `src/` stands for `dist/`.
 */
const ENDPOINT_TYPES_APART = {
  name: 'endpoint-types-apart',
  resolveId: {
    order: 'pre',
    handler: (id: string) =>
      id.endsWith('/generated/types.ts') ? { id: resolve('src/endpoints.js'), external: 'relative' } : undefined,
  },
} as const

/** They import from the sources; as declarations, from what the package declares. */
const declarations = (types: string): string =>
  types.replace(/^import type \{ (.*) \} from '.*'$/gm, "import type { $1 } from './core/index.js'")

const common = {
  platform: 'neutral',
  target: 'es2022',
  tsconfig: 'tsconfig.portable.json',
} as const

export default defineConfig([
  {
    ...common,
    entry: { ...ENTRIES, 'cli/main': 'src/cli/main.ts' },
    deps: { neverBundle: [/^node:/] },
    dts: { oxc: true },
    fixedExtension: false,
    plugins: [ENDPOINT_TYPES_APART],
    hooks: {
      'build:done': async () => {
        await copyFile(`${GENERATED}/openapi.json`, 'dist/openapi.json')
        await writeFile('dist/endpoints.d.ts', declarations(await readFile(`${GENERATED}/types.ts`, 'utf8')))
        await addCommonJs('dist', Object.keys(ENTRIES))
      },
    },
  },
  {
    // For loaders that cannot `require` an ES module, such as Jest's. Comments and white space are left out, names are not.
    ...common,
    entry: ENTRIES,
    format: 'cjs',
    outDir: 'dist/commonjs',
    // These exist as ES modules only.
    deps: { neverBundle: [/^node:/], alwaysBundle: [/^@noble\/hashes/, 'jose', 'qr'], onlyBundle: false },
    // Jest refuses `import()` in a CommonJS module.
    outputOptions: { dynamicImportInCjs: false },
    shims: true,
    dts: false,
    minify: { compress: false, mangle: false, codegen: true },
  },
])
