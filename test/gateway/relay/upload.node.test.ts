import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { utf8 } from '../../../src/core/base/bytes.ts'
import { Wechatpay } from '../../../src/core/index.ts'
import { DEADLINE } from '../../../src/gateway/body/read-body.ts'
import { MAX_UPLOAD } from '../../../src/gateway/relay/input.ts'
import { streamUpload } from '../../../src/gateway/relay/upload.ts'
import { processorTime } from '../../growth.ts'
import { createTestGateway, type TestGateway } from '../test-gateway.ts'

let one: TestGateway
/** The bodies that went to WeChat Pay, as they were handed to `fetch`. */
let bodies: unknown[]
beforeEach(async () => {
  const plain = await createTestGateway()
  const { fetch } = plain.simulator
  bodies = []
  one = await plain.restart()
  const { merchant } = plain.simulator
  const client = new Wechatpay({
    ...merchant,
    retry: false,
    fetch: (input, init) => {
      bodies.push(init?.body)
      return fetch(input, init)
    },
  })
  one = await plain.restart({ merchants: { [merchant.mchid]: client } })
})

const content = Uint8Array.from({ length: 50_000 }, (_, at) =>
  at < 8 ? [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10][at]! : at % 251,
)
const sha256 = createHash('sha256').update(content).digest('hex')
const meta = { filename: 'a.png', sha256 }

/** A form as HTTP has it, in pieces. */
function upload(
  parts: [head: string, body: string | Uint8Array][],
  piece = 1000,
  most = Number.POSITIVE_INFINITY,
): RequestInit {
  const boundary = 'boundary42'
  const bytes = Buffer.concat([
    ...parts.flatMap(([head, body]) => [
      Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`),
      Buffer.from(body),
      Buffer.from('\r\n'),
    ]),
    Buffer.from(`--${boundary}--\r\n`),
  ])
  let at = 0
  const body = new ReadableStream({
    pull(controller) {
      if (at >= Math.min(bytes.length, most)) return controller.close()
      controller.enqueue(new Uint8Array(bytes.subarray(at, at + piece)))
      at += piece
    },
  })
  const headers = {
    'content-type': `multipart/form-data; boundary=${boundary}`,
    'content-length': String(bytes.length),
  }
  return { method: 'POST', body, headers, duplex: 'half' } as RequestInit
}
const META: [string, string] = [
  'Content-Disposition: form-data; name="meta"\r\nContent-Type: application/json',
  JSON.stringify(meta),
]
const FILE: [string, Uint8Array] = [
  'Content-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png',
  content,
]
const send = (init: RequestInit) => one.call('/v3/merchant/media/upload', init)

/** An upload whose source fails after some bytes. */
function brokenAfter(bytes: number): RequestInit {
  const { body, ...init } = upload([META, FILE], 100, bytes)
  const broken = (body as ReadableStream<Uint8Array>).pipeThrough(
    new TransformStream({
      flush() {
        throw new Error('The client closed the connection within the body.')
      },
    }),
  )
  return { ...init, body: broken }
}

describe('an upload', () => {
  test.each([1, 7, 1000, 60_000])(
    'whose meta comes first is sent on while it comes in, in pieces of %i bytes',
    async piece => {
      const response = await send(upload([META, FILE], piece))
      expect([response.status, await response.json()]).toEqual([200, { media_id: expect.any(String) }])
      expect(bodies[0]).toBeInstanceOf(ReadableStream)
      expect(one.simulator.journal.at(-1)).toMatchObject({ signature: 'valid' })
    },
  )

  test.each<[string, [string, string | Uint8Array][]]>([
    ['comes last', [FILE, META]],
    ['is not there', [FILE]],
  ])('whose meta %s is read whole, and completed', async (_, parts) => {
    const response = await send(upload(parts))
    expect([response.status, await response.json()]).toEqual([200, { media_id: expect.any(String) }])
    expect(bodies[0]).not.toBeInstanceOf(ReadableStream)
  })

  test('whose hash is not that of its file is refused by WeChat Pay', async () => {
    const wrong: [string, string] = [META[0], JSON.stringify({ ...meta, sha256: '0'.repeat(64) })]
    expect((await send(upload([wrong, FILE]))).status).toBe(400)
  })

  describe('that its client breaks off', () => {
    test.each([
      ['within its file', 20_000, true],
      ['within its meta', 200, false],
    ])('%s is refused as its own fault, and has had no effect', async (_, bytes, isCall) => {
      const response = await send(brokenAfter(bytes))
      expect(response.status).toBe(400)
      expect(response.headers.get('wechatpay-edge-error')).toBe('BODY_CUT_SHORT')
      expect(response.headers.has('wechatpay-edge-in-doubt')).toBe(false)
      const logged = one.logged.map(line => JSON.parse(line)).filter(({ event }) => event !== 'message')
      expect(logged).toEqual([
        expect.objectContaining({ event: isCall ? 'call' : 'refused', status: 400, code: 'BODY_CUT_SHORT' }),
      ])
      const metrics = await (await one.call('/metrics')).text()
      expect(metrics).toContain('BODY_CUT_SHORT')
      expect(metrics).not.toContain('NETWORK_ERROR')
    })

    test('leaves an entry in the audit trail that is not in doubt', async () => {
      await send(brokenAfter(20_000))
      expect(await one.ledger.calls('shop', { limit: 10 })).toMatchObject([
        { status: 400, code: 'BODY_CUT_SHORT', in_doubt: false },
      ])
    })
  })

  test.each<[string, number, string, () => RequestInit]>([
    ['that its client breaks off', 400, 'BODY_CUT_SHORT', () => brokenAfter(20_000)],
    [
      'that is longer than any may be',
      413,
      'BODY_TOO_LARGE',
      () => upload([META, [FILE[0], new Uint8Array(MAX_UPLOAD)]], 1024 * 1024),
    ],
  ])('%s is no fault of a server that reads it', async (_, status, code, init) => {
    const server = createServer((incoming, outgoing) => incoming.resume().on('end', () => outgoing.end()))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const { merchant } = one.simulator
    const client = new Wechatpay({
      ...merchant,
      fetch: (input, options) => fetch(`http://127.0.0.1:${port}${new URL(String(input)).pathname}`, options),
    })
    one = await one.restart({ merchants: { [merchant.mchid]: client } })
    const response = await send(init())
    expect([response.status, response.headers.get('wechatpay-edge-error')]).toEqual([status, code])
  })

  test('that is cut short reaches nobody as a whole', async () => {
    const response = await send(upload([META, FILE], 1000, 20_000))
    expect(response.status).toBeGreaterThanOrEqual(400)
  })
})

describe('the beginning of an upload', () => {
  const PATH = '/v3/merchant/media/upload'
  const requestOf = (init: RequestInit) => new Request(`https://gateway.example.com${PATH}`, init)

  /** Processor time, ms, of the quickest of some uploads whose meta, of some bytes, comes byte by byte. */
  async function timed(bytes: number): Promise<number> {
    let best = Number.POSITIVE_INFINITY
    for (let round = 0; round < 5; round++) {
      const request = requestOf(upload([[META[0], '中'.repeat(bytes / 3)]], 1))
      const start = processorTime()
      expect(await streamUpload(request, PATH)).toHaveProperty('options')
      best = Math.min(best, processorTime() - start)
    }
    return best
  }

  test('takes time in proportion to its length, however small its pieces', async () => {
    await timed(501)
    expect((await timed(15_999)) / (await timed(501))).toBeLessThan(32 * 4)
  })

  test.each([1, 2, 3, 5, 100])('is found wherever its pieces of %i bytes end', async piece => {
    for (const text of [
      '{}',
      '{"a":"\\r\\n--boundary"}',
      '\r\n--boundary4',
      '\r\r\n',
      `{"a":"${'x'.repeat(15_000)}"}`,
    ]) {
      const found = await streamUpload(requestOf(upload([[META[0], text]], piece)), PATH)
      expect(found).toMatchObject({ options: { raw: { signed: text } } })
    }
  })

  test('is refused once it takes too long, and its sender is stopped', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const stopped = vi.fn()
    const { headers } = upload([META])
    const body = new ReadableStream({ start: controller => controller.enqueue(utf8('--bound')), cancel: stopped })
    const request = requestOf({ method: 'POST', headers, body, duplex: 'half' } as RequestInit)
    const outcome = streamUpload(request, PATH).catch(error => error.problem)
    await vi.advanceTimersByTimeAsync(DEADLINE - 1)
    expect(stopped).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(await outcome).toMatchObject({ status: 408, code: 'BODY_TIMEOUT' })
    expect(stopped).toHaveBeenCalledOnce()
  })

  test('is the whole of it, where the boundary is longer than one may be', async () => {
    const long = 'b'.repeat(71)
    const init = upload([META, FILE])
    const headers = { 'content-type': `multipart/form-data; boundary=${long}` }
    expect(await streamUpload(requestOf({ ...init, headers }), PATH)).toBeUndefined()
  })
})

describe('a form that is read as a whole', () => {
  const boundaries: [string, string][] = [
    ['bare', '--boundary42'],
    ['bare, not a token', 'a/b:c'],
    ['with a space', 'a b'],
    ['longer than one may be', 'b'.repeat(100)],
  ]
  test.each(boundaries)('arrives, where its boundary is %s', async (_, boundary) => {
    const parts = [FILE, META].flatMap(([head, body]) => [`--${boundary}\r\n${head}\r\n\r\n`, body, '\r\n'])
    const bytes = Buffer.concat([...parts, `--${boundary}--\r\n`].map(part => Buffer.from(part)))
    const written = [`boundary="${boundary}"`, `charset=UTF-8; boundary="${boundary}"; foo=bar`]
    if (!boundary.includes(' ')) written.push(`boundary=${boundary}`, `Boundary=${boundary}; charset=UTF-8`)
    for (const parameters of written)
      for (const preamble of ['', '\r\n', 'This is a form.\r\n']) {
        const body = Buffer.concat([Buffer.from(preamble), bytes])
        const response = await send({
          method: 'POST',
          headers: { 'content-type': `multipart/form-data; ${parameters}` },
          body,
        })
        expect([parameters, response.status, await response.json()]).toEqual([
          parameters,
          200,
          { media_id: expect.any(String) },
        ])
      }
  })
})
