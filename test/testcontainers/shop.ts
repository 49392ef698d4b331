// The tests of a shop as a program, with the simulator in a container: node test/testcontainers/shop.ts <image> [--host-access]
// It prints what came of them as a line of JSON. Testcontainers reads the variables of the process, so the test gives it its own.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { toRequest } from '../../src/adapters/frameworks/index.ts'
import { Wechatpay } from '../../src/core/index.ts'
import { createNotificationHandler } from '../../src/flows/notification/index.ts'
import type { RemoteSimulator } from '../../src/simulator/index.ts'
import { SimulatorContainer, type StartedSimulatorContainer } from '../../src/testcontainers/index.ts'

const { positionals, values } = parseArgs({ allowPositionals: true, options: { 'host-access': { type: 'boolean' } } })

/** Places an order that the shopper pays, and returns its state. */
async function sell(simulator: RemoteSimulator, out_trade_no: string, notify_url: string): Promise<string> {
  const { appid, mchid } = simulator.merchant
  const wxpay = new Wechatpay({ ...simulator.merchant, baseUrl: simulator.url })
  const order = { appid, mchid, out_trade_no, notify_url, description: 'tea', amount: { total: 100 } }
  await wxpay.v3.pay.transactions.native.post(order)
  await simulator.control('POST /simulator/pay', { out_trade_no })
  await simulator.control('POST /simulator/settle')
  const { data } = await wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.get({ out_trade_no, params: { mchid } })
  return data.trade_state
}

const countOrders = async (simulator: RemoteSimulator): Promise<number> =>
  ((await simulator.control('GET /simulator/orders')) as object[]).length

/** Sells to a shop on this machine, which verifies and decrypts the notification that comes from the container. */
async function sellWithNotification(simulator: StartedSimulatorContainer): Promise<string[]> {
  const paid: string[] = []
  const handler = createNotificationHandler(
    new Wechatpay(simulator.merchant),
    {
      'TRANSACTION.SUCCESS': ({ resource }) => void paid.push(resource.out_trade_no!),
    },
    { expect: () => ({ total: 100 }) },
  )
  const server = createServer(async (message, response) => {
    const answer = await handler(toRequest(message))
    response.writeHead(answer.status).end(await answer.text())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const origin = await simulator.exposeHostPort((server.address() as AddressInfo).port)
    await sell(simulator, 'SHOP-0003', `${origin}/notify`)
    return paid
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

/** Asks for a way to this machine, which the container has not. */
const refusalOf = (simulator: StartedSimulatorContainer): Promise<string> =>
  simulator.exposeHostPort(3000).catch(({ message }: Error) => message)

const container = new SimulatorContainer(positionals[0]!).withOptions('--seed', 'shop')
if (values['host-access']) container.withHostAccess()
const simulator = await container.start()
try {
  const notify_url = 'https://shop.example/notify'
  const namespace = await simulator.namespace('worker-1')
  const sold = await sell(simulator, 'SHOP-0001', notify_url)
  const inNamespace = await sell(namespace, 'SHOP-0002', notify_url)
  await simulator.reset()
  const afterReset = [await countOrders(simulator), await countOrders(namespace)]
  const notified = values['host-access'] ? await sellWithNotification(simulator) : await refusalOf(simulator)
  const { serial } = simulator.merchant
  await simulator.restart()
  const afterRestart = {
    hasSameKeys: simulator.merchant.serial === serial,
    sold: await sell(simulator, 'SHOP-0001', notify_url),
  }
  console.log(JSON.stringify({ sold, inNamespace, afterReset, notified, afterRestart }))
} finally {
  await simulator.stop()
}
// The connection of Testcontainers to this machine keeps the process alive.
process.exit()
