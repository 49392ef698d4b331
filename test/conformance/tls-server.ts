// WeChat Pay over TLS, as a program of its own: the simulator behind a server that asks for a client certificate. It prints
// one line of JSON, and ends when whoever started it is gone. Node 24 runs it for every runtime.
import process from 'node:process'
import { createSimulator } from '../../src/simulator/index.ts'
import { serve } from '../fixtures/server.ts'
import * as keys from './tls-keys.ts'

const simulator = await createSimulator({ deliver: async () => new Response(null, { status: 204 }) })
const { merchant } = simulator
const server = await serve(
  async (request, serial) => {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname !== '/pay') return (serial === merchant.serial ? simulator.mtlsFetch : simulator.fetch)(request)
    simulator.pay({ out_trade_no: searchParams.get('out_trade_no')! })
    return new Response('paid')
  },
  { key: keys.KEY, cert: keys.CERTIFICATE, requestCert: true, rejectUnauthorized: false },
)
process.stdout.write(`${JSON.stringify({ url: server.url, merchant, ca: keys.CA })}\n`)
process.stdin.resume().on('end', () => process.exit())
