// Runs the simulator in its own process, with a delay like that of WeChat Pay.
import { serve } from '@hono/node-server'
import { createSimulator } from '../../src/simulator/index.ts'

/** Milliseconds. */
const delay = Number(process.env.DELAY)
const { merchant, fetch } = await createSimulator()

serve(
  {
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      // Maps the local URL to WeChat Pay's own address.
      const { pathname, search } = new URL(request.url)
      const [response] = await Promise.all([
        fetch(`https://api.mch.weixin.qq.com${pathname}${search}`, {
          method: request.method,
          headers: request.headers,
          body: request.body && (await request.text()),
        }),
        delay > 0 && new Promise(resolve => setTimeout(resolve, delay)),
      ])
      return response
    },
  },
  ({ port }) => process.send!({ url: `http://127.0.0.1:${port}`, merchant }),
)
process.once('disconnect', () => process.exit())
