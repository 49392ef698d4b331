import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** An entry as a bundler writes it, with all its dependencies. */
export interface Bundle {
  /** Minified. */
  code: string
  /** Bytes, minified. */
  min: number
  /** Bytes, minified and gzipped. */
  gzip: number
  /** Bytes, minified, by where they come from, most first. */
  parts: [name: string, bytes: number][]
  /** The imports that are left in it. */
  imports: string[]
}

/** Bundles as for a Worker or a browser: ES modules, minified, all that `code` does not reach shaken off. */
export async function bundle(code: string, external: string[] = []): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts' },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    conditions: ['browser', 'worker', 'import'],
    external: ['node:*', ...external],
  })
  const [output] = Object.values(metafile.outputs)
  const bytes = outputFiles[0]!.contents
  const parts = new Map<string, number>()
  for (const [file, { bytesInOutput }] of Object.entries(output!.inputs))
    parts.set(partOf(file), (parts.get(partOf(file)) ?? 0) + bytesInOutput)
  return {
    code: outputFiles[0]!.text,
    min: bytes.length,
    gzip: gzipSync(bytes, { level: 9 }).length,
    parts: [...parts].sort(([, one], [, other]) => other - one),
    imports: output!.imports.map(({ path }) => path),
  }
}

/** Of `node_modules` the package; of our own the folder. */
function partOf(file: string): string {
  const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]
  return name ?? file.replace(/\/[^/]+$/, '')
}
