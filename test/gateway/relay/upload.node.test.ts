import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { streamUpload } from '../../../src/gateway/relay/upload.ts'
import { type Harness, harness } from '../harness.ts'

let one: Harness
/** The bodies that went to WeChat Pay, as they were handed to `fetch`. */
let bodies: unknown[]
beforeEach(async () => {
  const plain = await harness()
  const { fetch } = plain.simulator
  bodies = []
  one = await plain.restart()
  const { Wechatpay } = await import('../../../src/core/index.ts')
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

  test('that is cut short reaches nobody as a whole', async () => {
    const response = await send(upload([META, FILE], 1000, 20_000))
    expect(response.status).toBeGreaterThanOrEqual(400)
  })
})

describe('the beginning of an upload', () => {
  const PATH = '/v3/merchant/media/upload'
  const requestOf = (init: RequestInit) => new Request(`https://gateway.example.com${PATH}`, init)

  /** Milliseconds of the quickest of some uploads whose meta, of some bytes, comes byte by byte. */
  async function timed(bytes: number): Promise<number> {
    let best = Number.POSITIVE_INFINITY
    for (let round = 0; round < 5; round++) {
      const request = requestOf(upload([[META[0], '中'.repeat(bytes / 3)]], 1))
      const start = performance.now()
      expect(await streamUpload(request, PATH)).toHaveProperty('options')
      best = Math.min(best, performance.now() - start)
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

  test('is the whole of it, where the boundary is longer than one may be', async () => {
    const long = 'b'.repeat(71)
    const init = upload([META, FILE])
    const headers = { 'content-type': `multipart/form-data; boundary=${long}` }
    expect(await streamUpload(requestOf({ ...init, headers }), PATH)).toBeUndefined()
  })
})
