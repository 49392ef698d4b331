import { connect, createServer, type Socket } from 'node:net'

export interface BreakingProxy {
  /** The URL of the database behind the proxy. */
  readonly url: string
  /**
   * Breaks the connection that sends a message with a text for the nth time from now on.
   *
   * @param when `before` the server gets the message, or `after` it has carried it out, without the response
   */
  readonly breakAt: (text: string, nth: number, when: 'before' | 'after') => void
  /** Whether it has broken a connection since `breakAt`. */
  readonly hasBroken: () => boolean
  /** Breaks all connections and refuses further ones, as a server that is down; or accepts them again. */
  readonly setDown: (isDown: boolean) => void
  readonly close: () => Promise<void>
}

/** Starts a proxy that breaks a connection at a chosen message, as a failing network or server does. */
export async function startBreakingProxy(url: string): Promise<BreakingProxy> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  let plan: { text: string; left: number; when: 'before' | 'after' } | undefined
  let broken = false
  let down = false
  const server = createServer(client => {
    if (down) return void client.destroy()
    const upstream = connect(Number(target.port), target.hostname)
    let isMuted = false
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.on('data', chunk => {
      const isHit = plan !== undefined && chunk.includes(plan.text) && --plan.left === 0
      if (!isHit) return void upstream.write(chunk)
      const { when } = plan!
      plan = undefined
      broken = true
      if (when === 'before') return void client.destroy()
      isMuted = true
      upstream.write(chunk)
    })
    upstream.on('data', chunk => {
      // The response shows that the server has carried the message out.
      if (isMuted) client.destroy()
      else client.write(chunk)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const proxied = new URL(url)
  proxied.port = String((server.address() as { port: number }).port)
  return {
    url: String(proxied),
    breakAt(text, nth, when) {
      plan = { text, left: nth, when }
      broken = false
    },
    hasBroken: () => broken,
    setDown(isDown) {
      down = isDown
      if (isDown) for (const socket of sockets) socket.destroy()
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
