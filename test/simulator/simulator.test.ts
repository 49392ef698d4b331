import { describe, expect, it } from 'vitest'
import { utf8 } from '../../src/core/bytes.ts'
import { compactTime, dateOf, dateTime, rfc3339 } from '../../src/simulator/clock/time.ts'
import { parseMultipart } from '../../src/simulator/http/multipart.ts'
import { createSimulator } from '../../src/simulator/index.ts'
import { createNonces } from '../../src/simulator/v3/request/nonces.ts'

describe('a simulator', () => {
  it.each(['public-key', 'certificate', 'both'] as const)(
    '%s: begins with the keys of its mode and an empty journal',
    async platform => {
      const { merchant, journal } = await createSimulator({ platform })
      expect(Object.keys(merchant.platformKeys)).toHaveLength(platform === 'certificate' ? 0 : 1)
      expect(journal).toEqual([])
    },
  )

  it('is another one each time, under the names that are asked for', async () => {
    const [one, other] = await Promise.all([createSimulator({ mchid: '1230000109', appid: 'wx1' }), createSimulator()])
    expect(one.merchant).toMatchObject({ mchid: '1230000109', appid: 'wx1' })
    expect(one.merchant.serial).not.toBe(other.merchant.serial)
    expect(one.merchant.apiv3Key).not.toBe(other.merchant.apiv3Key)
  })
})

it('tells time in UTC+8', () => {
  const ms = Date.UTC(2024, 11, 31, 16, 0, 1)
  expect([rfc3339(ms), compactTime(ms), dateOf(ms), dateTime(ms)]).toEqual([
    '2025-01-01T00:00:01+08:00',
    '20250101000001',
    '2025-01-01',
    '2025-01-01 00:00:01',
  ])
})

it('forgets nonces that are over', () => {
  const nonces = createNonces()
  expect(nonces.claim('a', 10, 0)).toBe(true)
  expect(nonces.claim('a', 10, 0)).toBe(false)
  expect(nonces.claim('b', 20, 11)).toBe(true)
  expect([nonces.has('a'), nonces.has('b')]).toEqual([false, true])
})

describe('multipart', () => {
  const type = 'multipart/form-data; charset=utf-8; boundary="a b"'
  const part = (name: string, content: string) =>
    `--a b\r\nContent-Disposition: form-data; name="${name}"; filename="${name}.png"\r\n\r\n${content}`

  it('keeps the bytes of each part', () => {
    const body = utf8(`preamble\r\n${part('meta', '{"a":"\r\n--a"}')}\r\n${part('file', '')}\r\n--a b--`)
    const parts = parseMultipart(type, body)!
    expect(parts.map(({ name, filename }) => [name, filename])).toEqual([
      ['meta', 'meta.png'],
      ['file', 'file.png'],
    ])
    expect(parts.map(({ content }) => new TextDecoder().decode(content))).toEqual(['{"a":"\r\n--a"}', ''])
  })

  it.each(['', '--a b', '--a b\r\n', part('meta', '{}'), `${part('meta', '{}')}\r\n--a b`])('is none: %j', text => {
    expect(parseMultipart(type, utf8(text))).toBeUndefined()
  })

  it('needs a boundary', () => {
    expect(parseMultipart('multipart/form-data', utf8(`${part('meta', '{}')}\r\n--a b--`))).toBeUndefined()
  })
})
