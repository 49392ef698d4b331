import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** An entry bundled with all its dependencies. */
export interface Bundle {
  /** Minified. */
  code: string
  /** Bytes, minified. */
  min: number
  /** Bytes, minified and gzipped. */
  gzip: number
  /** Minified bytes by origin, largest first. */
  parts: [name: string, bytes: number][]
  /** Imports that remain in the bundle. */
  imports: string[]
}

/** Bundles for a Worker or a browser: ES modules, minified, without code that `code` does not reach. */
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
    parts: [...parts].sort(([, first], [, second]) => second - first),
    imports: output!.imports.map(({ path }) => path),
  }
}

/** Bundles a Worker that makes one call. */
export const bundleWorker = (): Promise<Bundle> =>
  bundle(`import { wechatpay } from '../src/adapters/cloudflare.ts'
export default {
  async fetch(request, env) {
    const { data } = await wechatpay(env).v3.pay.transactions.native.post(await request.json())
    return Response.json(data)
  },
}`)

/** Returns the package of a file in `node_modules`, or else the folder of the file. */
function partOf(file: string): string {
  const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]
  return name ?? file.replace(/\/[^/]+$/, '')
}
