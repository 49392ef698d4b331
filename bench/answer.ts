import { fork } from 'node:child_process'
import { once } from 'node:events'

/** The server's response, and the key that signs it. */
export interface Answer {
  body: string
  /** To an APIv2 call; it holds its signature. */
  xml: string
  serial: string
  /** PEM */
  key: string
}

/** Starts the server in a process of its own, so that its work is not measured as a client's. */
export async function answerWith(answer: Answer): Promise<{ baseUrl: string; stop: () => void }> {
  const server = fork(new URL('./server.ts', import.meta.url), {
    env: { ...process.env, ANSWER: JSON.stringify(answer) },
    execArgv: [], // a profile (--cpu-prof) is of the contenders
  })
  const [port] = (await once(server, 'message')) as [number]
  return { baseUrl: `http://127.0.0.1:${port}/`, stop: () => server.disconnect() }
}
