import { Hono } from 'hono'
import { stringifyJson, Wechatpay } from '../src/core/index.ts'
import { once } from '../src/core/once.ts'
import { createGateway } from '../src/gateway/index.ts'
import { createSimulator } from '../src/simulator/index.ts'

/** WeChat Pay simulated in this isolate, with keys made for it and thrown away with it. Made at the first request. */
const simulated = once(async () => {
  const simulator = await createSimulator()
  const { fetch, mtlsFetch, merchant } = simulator
  // biome-ignore lint/suspicious/noConsole: whoever starts a Worker without secrets has to see what it is
  console.log(
    `No secrets configured: WeChat Pay is simulated, with throwaway keys, for the merchant ${merchant.mchid}.`,
  )
  return { simulator, wechatpay: new Wechatpay({ ...merchant, fetch, mtlsFetch }) }
})

const gateway = createGateway({ wechatpay: async () => (await simulated()).wechatpay })

/** The gateway before the simulator; `/simulator/…` shows what arrived there. */
export const demo: Hono = new Hono()
demo.get('/simulator', async () => {
  const { merchant, examples } = (await simulated()).simulator
  const { mchid, appid, serial } = merchant
  return new Response(stringifyJson({ mchid, appid, serial, examples }), {
    headers: { 'Content-Type': 'application/json' },
  })
})
demo.get('/simulator/journal', async context => context.json((await simulated()).simulator.journal))
demo.all('*', ({ req, env }) => gateway.fetch(req.raw, env))
