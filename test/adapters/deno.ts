import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { gzipSync } from 'node:zlib'
import { assert } from 'chai'
import { createFetch, type DenoKv, kvCache, wechatpay } from '../../src/adapters/deno.ts'
import { createSimulator } from '../../src/simulator/index.ts'
import { type Case, includes, rejection } from '../conformance/case.ts'
import type { TlsServer } from '../conformance/tls-process.ts'
import { environmentOf } from './local.ts'

/** The parts of Deno that the tests use. */
declare const Deno: {
  env: { set(name: string, value: string): void; delete(name: string): void }
  openKv(path: string): Promise<DenoKv>
}

/** With all that Deno permits. */
export const cases: readonly Case[] = [
  {
    name: 'the environment is read one variable at a time, and makes a client',
    async run() {
      const { merchant, fetch } = await createSimulator()
      const environment = Object.entries(environmentOf(merchant)) as [string, string][]
      for (const [name, value] of environment) Deno.env.set(name, value)
      try {
        const { data } = await wechatpay(undefined, { fetch })
          .v2.pay.orderquery.post({
            appid: merchant.appid,
            mch_id: merchant.mchid,
            out_trade_no: 'none',
          })
          .catch(error => ({ data: error }))
        includes(data, { serviceCode: 'ORDERNOTEXIST' })
      } finally {
        for (const [name] of environment) Deno.env.delete(name)
      }
    },
  },
  {
    name: 'platform certificates are kept in Deno KV, and not fetched by the next process',
    async run() {
      const { merchant, fetch, examples, journal } = await createSimulator({ platform: 'certificate' })
      const kv = await Deno.openKv(':memory:')
      const open = async () => ({ get: kv.get.bind(kv), set: kv.set.bind(kv), close: () => {} })
      const certificateCache = kvCache(merchant.mchid, open)
      const { business_code } = examples
      try {
        for (let process = 0; process < 2; process++)
          await wechatpay(environmentOf(merchant), { fetch, certificateCache }).v3.apply4subject.applyment.get({
            params: { business_code },
          })
      } finally {
        kv.close()
      }
      assert.lengthOf(
        journal.filter(({ url }) => url === '/v3/certificates'),
        1,
      )
    },
  },
]

async function listen(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function withVariables(variables: Readonly<Record<string, string>>, run: () => Promise<void>): Promise<void> {
  for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value)
  try {
    await run()
  } finally {
    for (const name of Object.keys(variables)) Deno.env.delete(name)
  }
}

/** Cases in which `createFetch` behaves as Deno's own fetch. */
export const fetchCases = ({ url, ca }: TlsServer): readonly Case[] => [
  {
    name: 'a proxy of HTTPS_PROXY is asked for a tunnel, with its password, and not for a host of NO_PROXY',
    async run() {
      const asked: string[] = []
      let isOpen = true
      const proxy = createServer(socket => {
        socket
          .on('error', () => {})
          .once('data', head => {
            asked.push(String(head))
            if (!isOpen) return socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n')
            const { hostname, port } = new URL(url)
            const tunnel = connect(Number(port), hostname, () => {
              socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
              socket.pipe(tunnel).pipe(socket)
            })
          })
      })
      const HTTPS_PROXY = `http://shop:a%20b@127.0.0.1:${await listen(proxy)}`
      try {
        await withVariables({ HTTPS_PROXY }, async () => {
          // A name that no system resolves: the proxy does.
          const named = url.replace('127.0.0.1', 'mch.invalid')
          const error = await rejection(createFetch({ ca })(named))
          includes(error, { code: 'NETWORK_ERROR', mayHaveTakenEffect: false })
          const { cause } = error.cause as Error
          assert.include(String(cause), 'mch.invalid', 'the certificate is not that of the name')
          const response = await createFetch({ ca })(`${url}v3/none`)
          await response.text()
          assert.lengthOf(asked, 2)
          const [first, second] = asked as [string, string]
          assert.match(first, /^CONNECT mch\.invalid:\d+ HTTP\/1\.1\r\n/)
          assert.match(second, /^CONNECT 127\.0\.0\.1:\d+ HTTP\/1\.1\r\n/)
          assert.include(second, `Basic ${btoa('shop:a b')}`)
          isOpen = false
          assert.include(String((await rejection(createFetch({ ca })(url))).cause), 'HTTP 407')
        })
        await withVariables({ HTTPS_PROXY, NO_PROXY: 'example.com, 127.0.0.1' }, async () => {
          await (await createFetch({ ca })(`${url}v3/none`)).text()
          assert.lengthOf(asked, 3)
        })
        await withVariables({ HTTPS_PROXY: 'socks5://127.0.0.1' }, async () => {
          const error = await rejection((async () => createFetch())())
          includes(error, { code: 'OPTION_INVALID', option: 'HTTPS_PROXY' })
        })
      } finally {
        proxy.close()
      }
    },
  },
  {
    name: 'what comes compressed is decompressed, and what breaks off is an error',
    async run() {
      const packed = gzipSync('茶'.repeat(10_000))
      let asked: string | undefined
      const server = createHttpServer((incoming, outgoing) => {
        asked = String(incoming.headers['accept-encoding'])
        outgoing.writeHead(200, { 'content-encoding': 'gzip' })
        outgoing.end(incoming.url === '/cut' ? packed.subarray(0, -20) : packed)
      })
      const origin = `http://127.0.0.1:${await listen(server)}`
      try {
        assert.equal(await (await createFetch()(origin)).text(), '茶'.repeat(10_000))
        assert.equal(asked, 'gzip')
        const response = await createFetch()(`${origin}/cut`)
        await rejection(response.text())
      } finally {
        server.closeAllConnections()
        server.close()
      }
    },
  },
]

/** With no permission at all. */
export const unpermitted: readonly Case[] = [
  {
    name: 'without leave to read the environment, the error says which permission to give',
    async run() {
      const error = await rejection((async () => wechatpay())())
      includes(error, { name: 'ConfigurationError', code: 'PERMISSION_DENIED' })
      assert.include(error.message, '--allow-env=WECHATPAY_*')
    },
  },
  {
    name: 'without leave to read a file, the error says which permission to give',
    async run() {
      const environment = { WECHATPAY_MCHID: '1', WECHATPAY_PRIVATE_KEY_FILE: '/etc/apiclient_key.pem' }
      const error = await rejection((async () => wechatpay(environment))())
      includes(error, { code: 'PERMISSION_DENIED', option: 'WECHATPAY_PRIVATE_KEY_FILE' })
      assert.include(error.message, '--allow-read=/etc/apiclient_key.pem')
    },
  },
  {
    name: 'without leave to reach WeChat Pay, the error says which permission to give, and nothing is in doubt',
    async run() {
      const { merchant } = await createSimulator()
      const { appid, mchid: mch_id } = merchant
      const wxpay = wechatpay(environmentOf(merchant))
      const error = await rejection(wxpay.v2.pay.orderquery.post({ appid, mch_id, out_trade_no: '1' }))
      includes(error, { code: 'PERMISSION_DENIED', option: 'api.mch.weixin.qq.com' })
      assert.include(error.message, '--allow-net=api.mch.weixin.qq.com')
    },
  },
]
