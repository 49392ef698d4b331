import { Hono } from 'hono'
import { Wechatpay } from '../src/core/index.ts'
import { once } from '../src/core/once.ts'
import { createGateway } from '../src/gateway/index.ts'
import { createSimulator } from '../src/simulator/index.ts'
import { createSimulatorMount } from '../src/simulator/mount.ts'

/** WeChat Pay simulated in this isolate, with keys made for it and thrown away with it. Made at the first request. */
const simulated = once(async () => {
  const simulator = await createSimulator()
  const { fetch, mtlsFetch, merchant } = simulator
  // biome-ignore lint/suspicious/noConsole: whoever starts a Worker without secrets has to see what it is
  console.log(
    `No secrets configured: WeChat Pay is simulated, with throwaway keys, for the merchant ${merchant.mchid}.`,
  )
  return {
    simulator,
    control: createSimulatorMount(simulator),
    wechatpay: new Wechatpay({ ...merchant, fetch, mtlsFetch }),
  }
})

const gateway = createGateway({ wechatpay: async () => (await simulated()).wechatpay })

/** The gateway before the simulator; below `/simulator` one looks into it, and stands in for the shopper and the clock. */
export const demo: Hono = new Hono()
demo.use(async ({ executionCtx }, next) => {
  await next()
  // A Worker does nothing between requests: what is due, as a notification, goes out behind the answer.
  executionCtx.waitUntil((await simulated()).simulator.settled())
})
demo.all('/simulator/*', async ({ req }) => (await simulated()).control(req.raw))
demo.all('*', ({ req, env }) => gateway.fetch(req.raw, env))
