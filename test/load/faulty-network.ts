import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { Random } from './random.ts'

/** The faults of a network between a program and its database. All times are milliseconds. */
export interface NetworkFaults {
  /** Time that each packet takes in each direction, and the most that comes on top of it. */
  readonly latency: number
  readonly jitter: number
  /** Mean time until a connection fails. */
  readonly lifetime: number
  /** One of so many is frozen, the second first: both ends hear nothing more, and no error (half-open). Others are cut. */
  readonly freezeEvery: number
}

export interface FaultyNetwork {
  /** The URL of the database behind the network. */
  readonly url: string
  /** Connections that were cut, and that were frozen, so far. */
  readonly cuts: () => number
  readonly freezes: () => number
  /** Cuts and freezes no more connections. */
  readonly calm: () => void
  readonly close: () => Promise<void>
}

/** Milliseconds after which both ends of a frozen connection learn of it, as from TCP's keepalive. */
const FROZEN = 20_000

interface Link {
  readonly cut: () => void
  readonly freeze: () => void
}

/** Starts a proxy in front of a server, which delays, cuts and freezes connections as Toxiproxy does. */
export async function startFaultyNetwork(url: string, faults: NetworkFaults, random: Random): Promise<FaultyNetwork> {
  const target = new URL(url)
  const links = new Set<Link>()
  const counts = { cut: 0, freeze: 0 }
  let isCalm = false
  const server = createServer({ noDelay: true }, client => {
    const upstream = connect({ port: Number(target.port), host: target.hostname, noDelay: true })
    const link = createLink(client, upstream, () => faults.latency + random() * faults.jitter)
    links.add(link)
    upstream.once('close', () => links.delete(link))
    const timer = setTimeout(
      () => {
        if (isCalm) return
        const fault = (counts.cut + counts.freeze) % faults.freezeEvery === 1 ? 'freeze' : 'cut'
        counts[fault]++
        link[fault]()
      },
      2 * faults.lifetime * random(),
    )
    client.once('close', () => clearTimeout(timer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxied = new URL(url)
  proxied.port = String((server.address() as { port: number }).port)

  return {
    url: String(proxied),
    cuts: () => counts.cut,
    freezes: () => counts.freeze,
    calm() {
      isCalm = true
    },
    async close() {
      server.close()
      for (const { cut } of links) cut()
    },
  }
}

/** Joins two sockets. What one sends reaches the other later, in its order. */
function createLink(client: Socket, upstream: Socket, delay: () => number): Link {
  let isFrozen = false
  const cut = (): void => {
    client.resetAndDestroy()
    upstream.resetAndDestroy()
  }
  const carry = (from: Socket, to: Socket): void => {
    const later = createDelay(delay, () => isFrozen)
    from.on('data', chunk => later(() => to.destroyed || to.write(chunk)))
    from.on('error', () => {})
    from.on('close', () => later(() => to.destroy()))
  }
  carry(client, upstream)
  carry(upstream, client)
  return {
    cut,
    freeze() {
      isFrozen = true
      setTimeout(cut, FROZEN).unref()
    },
  }
}

/**
 * Does what it is given later, in its order. One timer at a time: when the event loop is late, Node.js carries out timers of different
 * durations in another order than they are due.
 */
function createDelay(delay: () => number, isFrozen: () => boolean): (work: () => void) => void {
  const waiting: { readonly at: number; readonly work: () => void }[] = []
  let last = 0
  const wait = (): void => void setTimeout(workOff, Math.max(0, waiting[0]!.at - performance.now()))
  function workOff(): void {
    while (waiting.length > 0 && waiting[0]!.at <= performance.now()) {
      const { work } = waiting.shift()!
      if (!isFrozen()) work()
    }
    if (waiting.length > 0) wait()
  }
  return work => {
    last = Math.max(last, performance.now() + delay())
    waiting.push({ at: last, work })
    if (waiting.length === 1) wait()
  }
}
