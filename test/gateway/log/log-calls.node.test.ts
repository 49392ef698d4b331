import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../../..')

/** The calls of a log in the sources, each to the end of its arguments. */
const calls = ['src', 'worker'].flatMap(folder =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts') && !file.includes('generated'))
    .flatMap(file => {
      const text = readFileSync(join(root, folder, file), 'utf8')
      return Array.from(text.matchAll(/\blog\??(?:\.\w+|\[[^\]]+\])\(/g), ({ index, 0: head }) => ({
        file: `${folder}/${file}`,
        call: argumentsOf(text, index + head.length),
      }))
    }),
)

function argumentsOf(text: string, from: number): string {
  let depth = 1
  let at = from
  while (depth > 0 && at < text.length) {
    if ('([{'.includes(text[at]!)) depth++
    if (')]}'.includes(text[at]!)) depth--
    at++
  }
  return text.slice(from, at - 1)
}

test('no log is given the message of an error: it may repeat what somebody sent. Give the error, as `reason`', () => {
  expect(calls.length).toBeGreaterThan(10)
  expect(calls.filter(({ call }) => /\.message\b|\bString\(error|\.body\b|\.resource\b/.test(call))).toEqual([])
})
