import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { type BuildOptions, build } from 'esbuild'

/** Files of the pages, by their name without an extension. */
const PAGES: readonly (readonly [name: string, path: string])[] = [
  ['index', 'index.html'],
  ['main', 'main.tsx'],
  ['style', 'style.css'],
  ['explorer', 'explorer/explorer.css'],
  ['accounts', 'accounts/accounts.css'],
  ['cashier', 'cashier/cashier.html'],
  ['cashier', 'cashier/main.tsx'],
  ['cashier', 'cashier/cashier.css'],
  ['workbench', 'workbench/workbench.html'],
  ['workbench', 'workbench/main.tsx'],
  ['workbench', 'workbench/workbench.css'],
]

/** Tells somebody whose dependencies are older than the sources what to do, before esbuild lists every file that lacks one. */
function requirePreact(): void {
  try {
    import.meta.resolve('preact/hooks')
  } catch (cause) {
    throw new Error('The console needs the package preact, which is not installed. Run npm install.', { cause })
  }
}

const ROOT = join(import.meta.dirname, '../../src/console')

/**
 * Bundles the pages of the console, and writes their files as a module: the simulator serves them in every runtime, also where it has no
 * file system. esbuild does it in a tenth of a second, so that every `npm run generate` can.
 *
 * @returns the text of the module
 */
export async function writeConsoleFiles(): Promise<string> {
  requirePreact()
  const common = {
    outdir: ROOT,
    bundle: true,
    write: false as const,
    minify: true,
    target: ['es2022', 'safari17.5'],
    legalComments: 'none' as const,
    logLevel: 'warning' as const,
    absWorkingDir: join(ROOT, '../..'),
  } satisfies BuildOptions
  const [pages, bridge] = await Promise.all([
    build({
      ...common,
      entryPoints: PAGES.map(([out, path]) => ({ in: join(ROOT, path), out })),
      format: 'esm',
      splitting: true,
      jsx: 'automatic',
      jsxImportSource: 'preact',
      loader: { '.html': 'copy' },
      chunkNames: 'shared-[hash]',
    }),
    // A merchant's page loads it as a classic script.
    build({ ...common, entryPoints: [{ in: join(ROOT, 'cashier/bridge.ts'), out: 'bridge' }], format: 'iife' }),
  ])
  const outputFiles = [...pages.outputFiles, ...bridge.outputFiles]
  const files = outputFiles
    .map(({ path, text }) => [path.slice(ROOT.length + 1), text] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const members = files.map(([name, text]) => {
    const etag = `"${createHash('sha256').update(text).digest('hex').slice(0, 16)}"`
    return `  ${JSON.stringify(name)}: { etag: ${JSON.stringify(etag)}, text: ${JSON.stringify(text)} },\n`
  })
  return `// Generated from src/console by scripts/generate/console.ts.

/** The files of the console, by name. */
export const CONSOLE_FILES: Readonly<Record<string, { readonly etag: string; readonly text: string }>> = {
${members.join('')}}
`
}
