import { describe, expect, test } from 'vitest'
import { parseXml } from '../../../src/core/codec/xml.ts'
import { growth, processorTime } from '../../growth.ts'

const BOUND = 2 ** 18

const within = (open: string, length: number, close = ''): string =>
  `<xml>${open.repeat(length / open.length)}${close.repeat(length / open.length)}</xml>`

const TEXTS: Record<string, (length: number) => string> = {
  'a long value': length => within('x', length),
  'references in a value': length => `<xml><a>${'&amp;'.repeat(length / 5)}</a></xml>`,
  'a bare & at the end of references': length => within('&amp;', length, '&'),
  'an attribute without an end': length => `<xml><a b="${'c="'.repeat(length / 3)}`,
  'attributes without an end': length => `<xml><a${' b="1"'.repeat(length / 6)}`,
  'white space in a tag without an end': length => `<xml><a${' '.repeat(length)}`,
  'a name without an end': length => `<xml><${'a'.repeat(length)}`,
  'CDATA without an end': length => within('<![CDATA[', length),
  'CDATA sections': length => within('<![CDATA[x]]>', length),
  'comments without an end': length => within('<!--', length),
  comments: length => within('<!-- -->', length),
  'hyphens in a comment': length => `<xml><!-- ${'- '.repeat(length / 2)}`,
  'brackets in CDATA': length => `<xml><a><![CDATA[${']]'.repeat(length / 2)}`,
  'open tags': length => within('<a>', length),
  'lone <': length => within('<', length),
  'white space before the root': length => ' '.repeat(length),
}

const attempt = (text: string): void => {
  try {
    parseXml(text)
  } catch (error) {
    expect(error).toMatchObject({ code: 'NOT_XML' })
  }
}

describe('XML as long as the bound takes about as long as 1 KB so many times', () => {
  test.each(Object.entries(TEXTS))('%s: the time grows with the length, not faster', (_, make) => {
    expect(growth(attempt, length => make(length - 100), 1024, BOUND / 1024)).toBeLessThan(20)
  })

  test('as many elements as the bound', () => {
    const elements = (length: number) => `<xml>${'<a>1</a>'.repeat(length)}</xml>`
    expect(growth(attempt, elements, 32, 255)).toBeLessThan(20)
  })
})

test('1 MB is refused at once', () => {
  const text = `<xml>${'<a>1</a>'.repeat(2 ** 17)}</xml>`
  attempt(text)
  const start = processorTime()
  for (let count = 0; count < 100; count++) attempt(text)
  expect((processorTime() - start) / 100).toBeLessThan(10)
})
