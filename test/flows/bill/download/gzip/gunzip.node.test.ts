import { constants, deflateRawSync, gunzipSync, gzipSync, inflateRawSync, type ZlibOptions } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../../../src/core/base/bytes.ts'
import { gunzip } from '../../../../../src/flows/bill/download/gzip/gunzip.ts'
import { beginInflation, inflate } from '../../../../../src/flows/bill/download/gzip/inflate.ts'
import { growth, processorTime } from '../../../../growth.ts'
import { stream } from '../../reading.ts'

async function unzip(bytes: Uint8Array, cuts: readonly number[] = []): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of gunzip(stream(bytes, cuts))) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** Inflates a raw DEFLATE stream; undefined when it is refused. */
function inflated(bytes: Uint8Array): Uint8Array | undefined {
  const state = Object.assign(beginInflation(), { bytes, isLast: true })
  try {
    return Buffer.concat(Array.from(inflate(state), piece => piece!))
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError)
    return undefined
  }
}

function gunzipByNode(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return inflateRawSync(bytes)
  } catch {
    return undefined
  }
}

/** Bytes as often as Fibonacci numbers, and a few repetitions of any length: codes get as long as they may be. */
function skewed(seed: number): Uint8Array {
  let state = seed
  const draw = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return Math.floor((state / 2 ** 31) * below)
  }
  const bytes: number[] = []
  for (let [byte, count, next] = [0, 1, 1]; byte < 20; [byte, count, next] = [byte + 1, next, count + next])
    for (let copy = 0; copy < count; copy++) bytes.splice(draw(bytes.length + 1), 0, byte)
  for (let repetition = 0; repetition < 15; repetition++) {
    const start = draw(bytes.length)
    bytes.splice(draw(bytes.length), 0, ...bytes.slice(start, start + 3 + draw(256)))
  }
  return Uint8Array.from(bytes)
}

const content = fc.oneof(
  fc.string({ unit: fc.constantFrom('`', ',', '0.00', 'SUCCESS', '茶', 'a', '\n'), maxLength: 3000 }).map(utf8),
  fc.uint8Array({ maxLength: 1000 }),
  // Longer than the window, with repetitions from its very beginning.
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.integer({ min: 1, max: 600 }))
    .map(([bytes, count]) => Buffer.concat(Array.from({ length: count }, (_, at) => Uint8Array.of(at, ...bytes)))),
  fc.integer().map(skewed),
  fc.integer({ min: 0, max: 300_000 }).map(length => Buffer.alloc(length, 'ab')),
)
const options: fc.Arbitrary<ZlibOptions> = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  strategy: fc.constantFrom(
    constants.Z_DEFAULT_STRATEGY,
    constants.Z_HUFFMAN_ONLY,
    constants.Z_RLE,
    constants.Z_FIXED,
    constants.Z_FILTERED,
  ),
  memLevel: fc.integer({ min: 1, max: 9 }),
  windowBits: fc.integer({ min: 9, max: 15 }),
})
const cuts = fc.array(fc.nat(), { maxLength: 20 })

describe('an archive', () => {
  it('of any number of members, made with any options, unzips to what node:zlib zipped, however it is cut', async () => {
    const member = fc.tuple(content, options)
    await fc.assert(
      fc.asyncProperty(fc.array(member, { minLength: 1, maxLength: 4 }), cuts, async (members, at) => {
        const zipped = Buffer.concat(members.map(([bytes, how]) => gzipSync(bytes, how)))
        const whole = Buffer.concat(members.map(([bytes]) => bytes))
        expect(whole.equals(await unzip(new Uint8Array(zipped), at))).toBe(true)
        expect(whole.equals(gunzipSync(zipped))).toBe(true)
      }),
      { numRuns: 150 },
    )
  })

  it('with the longest codes unzips', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const bytes = skewed(seed)
      for (const level of [1, 9])
        expect(Buffer.from(bytes).equals(await unzip(new Uint8Array(gzipSync(bytes, { level }))))).toBe(true)
    }
  })

  it('that comes byte by byte unzips', async () => {
    const zipped = Buffer.concat([gzipSync('x'.repeat(1000)), gzipSync('茶')])
    const everywhere = Array.from(zipped, (_, at) => at)
    expect(Buffer.from(await unzip(new Uint8Array(zipped), everywhere)).toString()).toBe(`${'x'.repeat(1000)}茶`)
  })

  it('with all that a header may have unzips', async () => {
    const body = gzipSync('bill').subarray(10)
    const headerOf = (flags: number) => Buffer.of(0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3)
    const optional = { 1: '', 4: '\x03\x00abc', 8: 'bill.csv\0', 16: 'of a day\0' }
    for (let flags = 0; flags < 32; flags++) {
      // Node verifies a header CRC, and we need not.
      if (flags & 2) continue
      const fields = Object.entries(optional).map(([flag, text]) => (flags & Number(flag) ? text : ''))
      const zipped = Buffer.concat([headerOf(flags), Buffer.from(fields.join(''), 'latin1'), body])
      expect(gunzipSync(zipped).toString()).toBe('bill')
      for (const at of [[], [11, 13, 15, 20]])
        expect(Buffer.from(await unzip(new Uint8Array(zipped), at)).toString()).toBe('bill')
    }
  })

  it('that is cut anywhere is refused, and so is one of which a bit was turned, as by Node', async () => {
    const zipped = new Uint8Array(gzipSync('`2015-01-01,`1.00,`茶\n'.repeat(9), { level: 9 }))
    for (let length = 0; length < zipped.length; length++)
      await expect(unzip(zipped.slice(0, length))).rejects.toThrow(RangeError)
    for (let bit = 0; bit < 8 * zipped.length; bit++) {
      const turned = zipped.slice()
      turned[bit >> 3]! ^= 1 << (bit & 7)
      let due: Uint8Array | undefined
      try {
        due = gunzipSync(turned)
      } catch {}
      const read = await unzip(turned).catch(() => undefined)
      expect([bit, read && Buffer.from(read).toString()]).toEqual([bit, due && Buffer.from(due).toString()])
    }
  })

  it.each([
    ['zeros', Buffer.alloc(20)],
    ['text', Buffer.from('x')],
    ['half a header', Buffer.of(0x1f, 0x8b, 8)],
    ['a member that is cut short', gzipSync('x').subarray(0, -1)],
  ])('with %s behind its last member is refused', async (_, rest) => {
    const zipped = new Uint8Array(Buffer.concat([gzipSync('bill'), rest]))
    await expect(unzip(zipped)).rejects.toThrow(RangeError)
    await expect(unzip(zipped, [zipped.length - rest.length])).rejects.toThrow(RangeError)
  })
})

describe('a stream of DEFLATE', () => {
  const expectSame = (bytes: Uint8Array): void => {
    const [read, due] = [inflated(bytes), gunzipByNode(bytes)]
    expect(read && Buffer.from(read).toString('hex')).toBe(due && Buffer.from(due).toString('hex'))
  }

  it('that is damaged is read or refused as by node:zlib', () => {
    const damaged = fc
      .tuple(content, options, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 3 }))
      .map(([bytes, how, at, piece]) => {
        const deflated = new Uint8Array(deflateRawSync(bytes.subarray(0, 2000), how))
        deflated.set(piece.subarray(0, deflated.length), at % Math.max(1, deflated.length - piece.length))
        return deflated
      })
    fc.assert(fc.property(damaged, expectSame), { numRuns: 600 })
  })

  it('of any bytes is read or refused as by node:zlib', () => {
    const begun = fc.tuple(fc.integer({ min: 0, max: 7 }), fc.uint8Array({ maxLength: 200 }))
    fc.assert(
      fc.property(begun, ([type, bytes]) => expectSame(Uint8Array.of(type | ((bytes[0] ?? 0) << 3), ...bytes))),
      { numRuns: 2000 },
    )
  })
})

/** A block with codes of its own, and an empty one that ends with a byte. */
const BLOCK = deflateRawSync(skewed(1).subarray(0, 600), { level: 9, finishFlush: constants.Z_SYNC_FLUSH })

describe('1 MB of blocks takes about as long as 1 KB a thousand times', () => {
  const attempt = (bytes: Uint8Array): void => {
    inflated(bytes)
  }
  // The bits of a block without content, of its codes alone: with the lengths of two symbols, and one distance.
  const bits = (text: string) => (length: number) => {
    const all = text.repeat(Math.floor((8 * length) / text.length))
    return Uint8Array.from({ length: all.length >> 3 }, (_, at) =>
      Number.parseInt([...all.slice(8 * at, 8 * at + 8)].reverse().join(''), 2),
    )
  }

  it.each(
    Object.entries({
      'fixed blocks without content': bits('0100000000'),
      'stored blocks without content': length => new Uint8Array(length).map((_, at) => [0, 0, 0, 0xff, 0xff][at % 5]!),
      'blocks that tell codes of their own': length =>
        new Uint8Array(Buffer.concat(Array.from({ length: length / BLOCK.length }, () => BLOCK))),
    } satisfies Record<string, (length: number) => Uint8Array>),
  )('%s', (_, make) => {
    expect(growth(attempt, make, 1024, 512)).toBeLessThan(20)
  })

  it('members without content', async () => {
    const time = async (count: number) => {
      const zipped = new Uint8Array(Buffer.concat(Array.from({ length: count }, () => gzipSync(''))))
      const start = processorTime()
      await unzip(zipped)
      return processorTime() - start
    }
    await time(2000)
    expect(await time(50_000)).toBeLessThan(20 * 25 * (await time(2000)))
  })
})
