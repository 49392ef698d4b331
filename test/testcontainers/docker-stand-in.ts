import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { json } from 'node:stream/consumers'

/** A server that speaks the part of Docker's API that Testcontainers needs to run one container. */
export interface DockerStandIn {
  /** For `DOCKER_HOST`. */
  readonly url: string
  /** The commands of the containers that were created. */
  readonly commands: readonly (readonly string[])[]
  /** The containers that there are. */
  count(): number
  close(): Promise<void>
}

interface Container {
  readonly id: string
  readonly command: readonly string[]
  readonly labels: Record<string, string>
  process: ChildProcess | undefined
  port: string
}

/** The port on which the command listens in its container. */
const INNER_PORT = '8989/tcp'

/**
 * Starts the stand-in. Its containers are processes of this machine: the command line from the sources, whose address is 127.0.0.1
 * with a free port, as Docker would map it.
 *
 * @param image the only image that it has
 */
export async function startDockerStandIn(image: string): Promise<DockerStandIn> {
  const containers = new Map<string, Container>()
  const commands: string[][] = []

  const start = async (container: Container): Promise<void> => {
    const own = container.command.map(argument => (argument === '0.0.0.0' ? '127.0.0.1' : argument))
    const folder = own.indexOf('--folder')
    const argv = ['src/cli/main.ts', ...own.toSpliced(folder, 2), '--port', '0', '--json']
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
    const output = createInterface(child.stdout)
    const [line] = await Promise.race([once(output, 'line'), once(child, 'close').then(() => [undefined])])
    if (line === undefined) throw new Error(`The command line ended: ${argv.join(' ')}`)
    output.on('line', () => {})
    container.process = child
    container.port = new URL(JSON.parse(line).url).port
  }

  const stop = async (container: Container): Promise<void> => {
    const child = container.process
    container.process = undefined
    if (!child) return
    const closed = once(child, 'close')
    child.kill('SIGKILL')
    await closed
  }

  const describe = ({ id, labels, process: running, port }: Container): object => ({
    Id: id,
    Name: `/${id}`,
    Config: { Hostname: id, Image: image, Labels: labels },
    HostConfig: { PortBindings: { [INNER_PORT]: [{ HostPort: '0' }] } },
    State: {
      Status: running ? 'running' : 'exited',
      Running: running !== undefined,
      StartedAt: new Date(),
      FinishedAt: 0,
    },
    NetworkSettings: { Ports: { [INNER_PORT]: [{ HostIp: '127.0.0.1', HostPort: port }] }, Networks: {} },
  })

  /** Returns status and body of a response. */
  const respond = async (request: IncomingMessage): Promise<[status: number, body?: object]> => {
    const { pathname } = new URL(request.url!, 'http://docker')
    const path = pathname.replace(/^\/v[\d.]+/, '')
    if (path === '/containers/json') return [200, []]
    const [, kind, id = '', action] = /^\/(\w+)(?:\/(.+?))?(?:\/(\w+))?$/.exec(path) ?? []
    if (kind === 'info') return [200, { OperatingSystem: 'stand-in', ServerVersion: '0' }]
    if (kind === 'images')
      return decodeURIComponent(id) === image ? [200, { Id: image }] : [404, { message: `no such image: ${id}` }]
    if (request.method === 'POST' && id === 'create') {
      const { Cmd, Labels } = (await json(request)) as { Cmd: string[]; Labels: Record<string, string> }
      const created = {
        id: randomBytes(32).toString('hex'),
        command: Cmd,
        labels: Labels,
        process: undefined,
        port: '',
      }
      commands.push(Cmd)
      containers.set(created.id, created)
      return [201, { Id: created.id, Warnings: [] }]
    }
    const container = containers.get(id)
    if (kind !== 'containers' || !container) return [404, { message: `the stand-in has no ${path}` }]
    if (action === 'json') return [200, describe(container)]
    if (action === 'stop' || action === 'restart' || request.method === 'DELETE') await stop(container)
    if (action === 'start' || action === 'restart') await start(container)
    if (request.method === 'DELETE') containers.delete(id)
    return [204]
  }

  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const [status, body] = await respond(request).catch((error: Error) => [500, { message: error.message }] as const)
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(body && JSON.stringify(body))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    commands,
    count: () => containers.size,
    async close() {
      await Promise.all([...containers.values()].map(stop))
      server.close()
      server.closeAllConnections()
    },
  }
}
