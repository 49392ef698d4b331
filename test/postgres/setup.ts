import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout } from 'node:timers/promises'
import type { TestProject } from 'vitest/node'
import { freePort } from '../free-port.ts'
import { importEmbeddedPostgres, reachableModule } from './embedded.ts'

/**
 * Provides the URL of a PostgreSQL: that of `DATABASE_URL`, whose user must be able to create schemas and roles, or a server of its
 * own, from npm.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { DATABASE_URL: given } = process.env
  if (given) {
    project.provide('postgres', given)
    return async () => {}
  }
  const { url, stop } = await startPostgres()
  project.provide('postgres', url)
  return stop
}

export interface RunningPostgres {
  readonly url: string
  readonly stop: () => Promise<void>
  /** Stops the server and starts it again on its data and port. */
  readonly restart: () => Promise<void>
  /**
   * Has the server crash (immediate shutdown): no transaction ends, and the next start recovers from the log. Starts it again on its data
   * and port.
   *
   * @param downtime milliseconds in between
   */
  readonly crash: (downtime: number) => Promise<void>
}

/** The disk of a test is deleted with it, so that nothing waits for it. */
const SETTINGS = ['fsync=off', 'full_page_writes=off', 'max_connections=200', 'unix_socket_directories=']

/** Starts a PostgreSQL whose data is deleted when it stops. */
export async function startPostgres(flags: readonly string[] = []): Promise<RunningPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-postgres-'))
  // PostgreSQL refuses to run as root: then it runs as the user `postgres`, who must reach the folder.
  await chmod(folder, 0o755)
  const port = await freePort()
  const output: string[] = []
  const note = (line: unknown): void => {
    output.push(String(line))
    if (output.length > 100) output.shift()
  }
  const EmbeddedPostgres = await importEmbeddedPostgres(await reachableModule(folder))
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    password: 'secret',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: [...SETTINGS, ...flags].flatMap(setting => ['-c', setting]),
    onLog: note,
    onError: note,
  })
  try {
    await server.initialise()
    await server.start()
  } catch (error) {
    throw new Error(`PostgreSQL does not start (${String(error)}): ${output.join('')}`)
  }
  return {
    url: `postgres://postgres:secret@127.0.0.1:${port}/postgres`,
    async stop() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
    async restart() {
      await server.stop()
      await server.start()
    },
    async crash(downtime) {
      const [pid] = (await readFile(join(folder, 'data', 'postmaster.pid'), 'utf8')).split('\n')
      process.kill(Number(pid), 'SIGQUIT')
      // Waits for its end.
      await server.stop()
      await setTimeout(downtime)
      await server.start()
    },
  }
}

declare module 'vitest' {
  interface ProvidedContext {
    postgres: string
  }
}
