import { listen as listenAt } from '../../../src/cli/simulator/server.ts'
import { createNamespaceServer, createSimulator, type Simulator } from '../../../src/simulator/index.ts'

/** A simulator at an address of this machine. */
export interface TestSimulator extends AsyncDisposable {
  readonly simulator: Simulator
  readonly url: string
  /** The paths of the requests, with their queries. */
  readonly asked: string[]
}

export async function createTestSimulator(): Promise<TestSimulator> {
  const simulator = await createSimulator({ live: true })
  const { fetch } = createNamespaceServer(simulator)
  const asked: string[] = []
  const server = await listenAt(
    request => {
      asked.push(request.url.slice(new URL(request.url).origin.length))
      return fetch(request)
    },
    { host: '127.0.0.1', port: 0 },
  )
  return { simulator, url: server.url, asked, [Symbol.asyncDispose]: () => server.close() }
}
