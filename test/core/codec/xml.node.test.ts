import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Transformer } from 'wechatpay-axios-plugin'
import { parseXml, stringifyXml } from '../../../src/core/codec/xml.ts'

// Its builder joins no CDATA around "]]>", and its parser trims and drops what is blank: outside that both must agree.
const value = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter(text => text === text.trim() && !text.includes(']]>') && !/[\0-\x1f&]/.test(text))
const fields = fc.dictionary(fc.stringMatching(/^[a-z][a-z_]{0,9}$/), value, { minKeys: 1 })

test('wechatpay-axios-plugin reads what we write', () => {
  fc.assert(
    fc.property(fields, message => {
      expect(Transformer.toObject(stringifyXml(message))).toEqual({ ...message })
    }),
  )
})

test('we read what wechatpay-axios-plugin writes', () => {
  fc.assert(
    fc.property(fields, message => {
      expect(parseXml(Transformer.toXml(message))).toEqual({ ...message })
    }),
  )
})
