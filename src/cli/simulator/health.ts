import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isLoopback } from '../../core/base/local-host.ts'
import { TLS_FILES } from './merchant-files.ts'
import { HEALTH, type Settings } from './settings.ts'

/**
 * Asks a simulator that another process runs whether it serves.
 *
 * With HTTPS its authority is its own, so the authority is that of the folder. On this machine the certificate is not verified: the
 * response has nothing that another program could not find out.
 *
 * @returns the HTTP status
 * @throws nothing listens there, or its certificate is not trusted
 */
export async function askHealth(
  { origin, hostname, protocol }: URL,
  folder: Settings['folder'],
  signal: AbortSignal,
): Promise<number> {
  const isSecure = protocol === 'https:'
  const isLocal = isLoopback(hostname)
  const ca = isSecure && !isLocal && folder !== undefined ? await readAuthority(folder) : undefined
  // An `import` of `node:http` would load the `fetch` of Node, which is not needed here.
  const { request } = process.getBuiltinModule(isSecure ? 'node:https' : 'node:http')
  return new Promise((resolve, reject) => {
    const sent = request(origin + HEALTH, { signal, agent: false, ca, rejectUnauthorized: !isLocal })
    sent.once('error', reject)
    sent.once('response', response => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    sent.end()
  })
}

/** Returns the authority of a folder; undefined if the simulator has not written it yet. */
const readAuthority = (folder: string): Promise<string | undefined> =>
  readFile(join(folder, TLS_FILES.ca), 'utf8').catch(() => undefined)
