import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { createNotificationHandler } from '../../../src/flows/notification/index.ts'
import { createSimulator } from '../../../src/simulator/index.ts'

export interface ReportedError {
  readonly name?: string
  readonly code?: string
  readonly message: string
}

/** A merchant with a notification handler, and what became of the notifications. */
export async function createShop() {
  const simulator = await createSimulator({ seed: 'frameworks' })
  const wechatpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch })
  const paid: unknown[] = []
  const errors: ReportedError[] = []
  const note = ({ resource }: { resource: { out_trade_no?: string } }) => paid.push(resource.out_trade_no)
  const handler = createNotificationHandler(
    wechatpay,
    { 'TRANSACTION.SUCCESS': note, 'transaction-success': note },
    // The orders that the simulator tells of never were.
    { onError: error => errors.push(error as ReportedError), trustUnconfirmedV2: true },
  )
  const send = (url: string, api: 'v2' | 'v3' = 'v3') =>
    simulator.notify.send({ api, event: api === 'v3' ? 'TRANSACTION.SUCCESS' : 'transaction-success', url })
  return { simulator, wechatpay, handler, paid, errors, send }
}

/** Listens on a free port until the test ends. @returns the origin */
export async function listen(listener: RequestListener | Server): Promise<string> {
  const server = typeof listener === 'function' ? createServer(listener) : listener
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections?.()
    await new Promise(done => server.close(done))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
