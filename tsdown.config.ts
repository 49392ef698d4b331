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
  'flows/transfer/index': 'src/flows/transfer/index.ts',
  'flows/payscore/index': 'src/flows/payscore/index.ts',
  'flows/partner/index': 'src/flows/partner/index.ts',
  'flows/onboarding/index': 'src/flows/onboarding/index.ts',
  'flows/notification/index': 'src/flows/notification/index.ts',
  'gateway/index': 'src/gateway/index.ts',
  'server/index': 'src/server/index.ts',
  'opentelemetry/index': 'src/opentelemetry/index.ts',
  'simulator/index': 'src/simulator/index.ts',
  'testcontainers/index': 'src/testcontainers/index.ts',
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

/**
 * Keeps the definitions that the console's explorer loads in one file, which both builds import: half a megabyte of text, which each
 * would have in a chunk of its own otherwise.
 *
 * @param path of that file as seen from `src/`, which stands for the folder of the build
 */
const definitionsApart = (path: string) =>
  ({
    name: 'definitions-apart',
    resolveId: {
      order: 'pre',
      handler: (id: string) =>
        id.endsWith('/generated/definition-files.ts') ? { id: resolve('src', path), external: 'relative' } : undefined,
    },
  }) as const

/**
 * Keeps the declarations of the core in one file. The bundler would make seven of them, each of which a program that imports the
 * package resolves and reads.
 */
const CORE_TYPES = { name: 'types.d', test: /\/src\/(core|definitions)\/.*\.d\.ts$/ }

/**
 * They import from the sources; as declarations, from the file that declares what they name: the entry exports them too, so
 * TypeScript would list all its exports first. Without `export {}`, TypeScript would take every declaration of the file for
 * exported, and the package would have types such as `Options` and `Other`.
 *
 * @param entry the declarations of the entry, which import every type that it exports
 */
function declarations(types: string, entry: string): string {
  const imported = [...entry.matchAll(/^import \{ (.*) \} from "\.\.\/(.*)";$/gm)].flatMap(([, names, file]) =>
    names!.split(', ').map(name => ({ name, local: name.split(' as ').at(-1)!, file: file! })),
  )
  const text = types.replace(/^import type \{ (.*) \} from '.*'$/gm, (_, names: string) => {
    const found = imported.filter(({ local }) => names.split(', ').includes(local))
    const [file, ...others] = new Set(found.map(({ file }) => file))
    if (!file || others.length > 0 || found.length < names.split(', ').length)
      throw new Error(`src/core/index.ts must export ${names}, for the types of the endpoints, all from one file`)
    return `import type { ${found.map(({ name }) => name).join(', ')} } from './${file}'`
  })
  return `${text}export {}\n`
}

const DEFINITION_FILES = 'src/console-files/generated/definition-files.ts'

/** An assignment to `exports`, which ES modules can import by name. */
const asCommonJs = (module: string): string =>
  module.replace(/^export const DEFINITION_FILES: .* = \{$/m, 'exports.DEFINITION_FILES = {')

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
    outputOptions: { codeSplitting: { groups: [CORE_TYPES] } },
    plugins: [ENDPOINT_TYPES_APART, definitionsApart('definition-files.cjs')],
    hooks: {
      'build:done': async () => {
        await copyFile(`${GENERATED}/openapi.json`, 'dist/openapi.json')
        const entry = await readFile('dist/core/index.d.ts', 'utf8')
        await writeFile('dist/endpoints.d.ts', declarations(await readFile(`${GENERATED}/types.ts`, 'utf8'), entry))
        await writeFile('dist/definition-files.cjs', asCommonJs(await readFile(DEFINITION_FILES, 'utf8')))
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
    plugins: [definitionsApart('../definition-files.cjs')],
    // These exist as ES modules only.
    deps: { neverBundle: [/^node:/], alwaysBundle: [/^@noble\/hashes/, 'jose', 'qr'], onlyBundle: false },
    // Jest refuses `import()` in a CommonJS module.
    outputOptions: { dynamicImportInCjs: false },
    shims: true,
    dts: false,
    minify: { compress: false, mangle: false, codegen: true },
  },
])
