import { once } from 'node:events'
import { createServer } from 'node:net'

/** Ports below those that Linux, macOS and Windows give to outgoing connections and to servers that listen at port 0. */
const FIRST = 12_000
const LAST = 32_000

/**
 * Returns a port of 127.0.0.1 for a program that the test starts. It is taken at random from those that the system gives to nobody, so
 * that neither a connection nor another server of a test takes it before the program listens, or while the program restarts.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST))
    const server = createServer()
    const isFree = once(server, 'listening').then(
      () => true,
      () => false,
    )
    server.listen(port, '127.0.0.1')
    if (!(await isFree)) continue
    server.close()
    await once(server, 'close')
    return port
  }
}
