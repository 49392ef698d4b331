import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

/** A manifest of Kubernetes. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly [field: string]: unknown
}

/**
 * Compiles manifests as literals of the types of kubernetes-models, because its schemas admit unknown fields, and a misspelt field
 * has no effect in a cluster that is told to ignore it.
 *
 * @returns the errors of the compiler
 */
export async function compileManifests(name: string, manifests: readonly Manifest[]): Promise<string> {
  const folder = resolve('node_modules/.cache/manifests', name)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  for (const [at, manifest] of manifests.entries()) {
    const { apiVersion, kind } = manifest
    const models = apiVersion.startsWith('monitoring.') ? '@kubernetes-models/prometheus-operator' : 'kubernetes-models'
    const text = `import type { I${kind} } from '${models}/${apiVersion}/${kind}'
export const manifest: I${kind} = ${JSON.stringify(manifest, null, 2)}\n`
    await writeFile(join(folder, `${kind}-${at}.ts`), text)
  }
  const config = {
    compilerOptions: { module: 'nodenext', strict: true, noEmit: true, skipLibCheck: true, types: [] },
    include: [`${folder}/*.ts`],
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
  return promisify(execFile)(resolve('node_modules/.bin/tsc'), ['-p', folder]).then(
    () => '',
    ({ stdout }) => stdout,
  )
}
