import fc from 'fast-check'
import { decodeQR } from 'qr/decode.js'
import { expect, test } from 'vitest'
import { qrSvg } from '../../../src/gateway/checkout/qr.ts'

const PIXELS = 4

/** Draws the document: white, and in it a black square for every subpath, which begins at its upper left corner. */
function draw(svg: string): { width: number; height: number; data: Uint8ClampedArray } {
  const [, size = 0] = (/viewBox="0 0 (\d+) \1"/.exec(svg) ?? []).map(Number)
  const width = size * PIXELS
  const data = new Uint8ClampedArray(width * width * 4).fill(255)
  let [x, y] = [0, 0]
  for (const [, move, first, second] of svg.matchAll(/([Mm])(-?\d+)[ ,]?(-?\d+)[^Mm]*Z/g)) {
    const [dx, dy] = [Number(first), Number(second)]
    ;[x, y] = move === 'M' ? [dx, dy] : [x + dx, y + dy]
    for (let at = 0; at < PIXELS * PIXELS; at++) {
      const pixel = (y * PIXELS + Math.floor(at / PIXELS)) * width + x * PIXELS + (at % PIXELS)
      data.set([0, 0, 0], pixel * 4)
    }
  }
  return { width, height: width, data }
}

test('a code is read again', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^weixin:\/\/wxpay\/bizpayurl\?pr=[A-Za-z0-9]{7,60}$/), text => {
      expect(decodeQR(draw(qrSvg(text)))).toBe(text)
    }),
    { numRuns: 20 },
  )
})

test('the document scales, and has four modules of white around the code', () => {
  const svg = qrSvg('weixin://wxpay/bizpayurl?pr=NwY5Mz9')
  expect(svg).toMatch(/^<svg viewBox="0 0 (\d+) \1" xmlns="http:\/\/www.w3.org\/2000\/svg">/)
  expect(svg).toContain('<rect width="100%" height="100%" fill="#fff"/>')
  const { width, data } = draw(svg)
  const black = Array.from({ length: width * width }, (_, at) => at).filter(at => data[at * 4] === 0)
  const edges = [Math.min, Math.max].flatMap(edge => [
    black.map(at => at % width).reduce((one, other) => edge(one, other)),
    black.map(at => Math.floor(at / width)).reduce((one, other) => edge(one, other)),
  ])
  const [near, far] = [4 * PIXELS, width - 4 * PIXELS - 1]
  expect(edges).toEqual([near, near, far, far])
})

test('what no code can hold is refused', () => {
  expect(() => qrSvg('x'.repeat(5000))).toThrow()
})
