import { fork } from 'node:child_process'
import { once } from 'node:events'

/** The server's responses, with the key that signs them. */
export interface CannedResponse {
  body: string
  /** Response to an APIv2 call, with its signature. */
  xml: string
  serial: string
  /** PEM */
  key: string
}

/** Starts the server in its own process, so that its work is not counted for the client. */
export async function startServer(response: CannedResponse): Promise<{ baseUrl: string; stop: () => void }> {
  const server = fork(new URL('./server.ts', import.meta.url), {
    env: { ...process.env, RESPONSE: JSON.stringify(response) },
    execArgv: [], // so that --cpu-prof profiles only the contenders
  })
  const [port] = (await once(server, 'message')) as [number]
  return { baseUrl: `http://127.0.0.1:${port}/`, stop: () => server.disconnect() }
}
