import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encrypted } from '../../../src/core/codec/encrypted.ts'
import { parseJson, stringifyJson } from '../../../src/core/codec/json.ts'

describe('reading JSON', () => {
  test.each<[string, unknown]>([
    ['{"applyment_id":9007199254740993}', { applyment_id: 9007199254740993n }],
    ['{"applyment_id":2000002124775691}', { applyment_id: 2000002124775691 }],
    ['[18446744073709551615,-9007199254740993]', [18446744073709551615n, -9007199254740993n]],
    ['9007199254740993', 9007199254740993n],
    ['{"a":9007199254740991,"b":-9007199254740991}', { a: 9007199254740991, b: -9007199254740991 }],
    ['{"text":"{\\"id\\":9007199254740993, [9007199254740993"}', { text: '{"id":9007199254740993, [9007199254740993' }],
    ['{"id":9007199254740993,"text":"#9007199254740993"}', { id: 9007199254740993n, text: '#9007199254740993' }],
    ['{"id":9007199254740993,"#1":"##2"}', { id: 9007199254740993n, '#1': '##2' }],
    ['{"quote\\\\":9007199254740993}', { 'quote\\': 9007199254740993n }],
    ['{"pi":3.14159265358979323846,"e":9007199254740993e0}', { pi: Math.PI, e: 9007199254740992 }],
    ['{"transaction_id":"4200000000000000000000000000"}', { transaction_id: '4200000000000000000000000000' }],
  ])('never rounds an integer: %s', (text, value) => {
    expect(parseJson(text)).toEqual(value)
  })

  test('gives what JSON.parse gives where nothing would be rounded', () => {
    fc.assert(
      fc.property(fc.json(), text => {
        fc.pre(!/\d{16}/.test(text))
        expect(parseJson(text)).toEqual(JSON.parse(text))
      }),
    )
  })

  test.each([
    '',
    '{',
    '{"a":',
    '[1,',
    'undefined',
    '<xml></xml>',
    '{"id":9007199254740993',
    '{"id":09007199254740993}',
  ])('refuses what is not JSON: %s', text =>
    expect(() => parseJson(text)).toThrow(expect.objectContaining({ name: 'MalformedError', code: 'NOT_JSON' })),
  )

  test('keeps a field called __proto__ a field', () => {
    const value = parseJson('{"__proto__":{"polluted":true},"id":9007199254740993}') as object
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})

describe('writing JSON', () => {
  test('writes a bigint as its digits, and reads it back', () => {
    fc.assert(
      fc.property(fc.bigInt(), text => {
        const value = { id: text, list: [text] }
        const read = parseJson(stringifyJson(value)) as { id: number | bigint; list: (number | bigint)[] }
        expect([BigInt(read.id), BigInt(read.list[0]!)]).toEqual([text, text])
      }),
    )
  })

  test('is JSON.stringify where no bigint is in it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.date({ noInvalidDate: true }), (value, date) => {
        fc.pre(!JSON.stringify(value).match(/\d{16}|\de\+/))
        const whole = { value, date, absent: undefined, list: [undefined, () => 1] }
        expect(stringifyJson(whole)).toBe(JSON.stringify(whole))
      }),
    )
  })

  test.each<[string, unknown, string]>([
    ['an integer a double has rounded', { amount: { total: 2 ** 53 } }, 'amount.total'],
    ['NaN', { amount: { total: Number.NaN } }, 'amount.total'],
    ['infinity', { list: [{ price: Number.POSITIVE_INFINITY }] }, 'list[0].price'],
  ])('refuses %s, and tells where', (_, value, field) => {
    expect(() => stringifyJson(value)).toThrow(
      expect.objectContaining({ name: 'CallError', code: 'BODY_INVALID', field }),
    )
  })

  test('heeds a toJSON that only a prototype has', () => {
    const literal = Object.create({ toJSON: () => ({ id: 2n ** 64n }) })
    class List extends Array<unknown> {
      toJSON() {
        return [2n ** 64n]
      }
    }
    expect(stringifyJson({ a: [literal, List.of(1)] })).toBe(
      '{"a":[{"id":18446744073709551616},[18446744073709551616]]}',
    )
  })

  test.each([
    ['a wrapper', Object(2 ** 53)],
    ['an encrypted value', encrypted('AAAA')],
    ['a number in exponents', 1e21],
  ])('refuses %s among values that JSON holds', (_, value) => {
    expect(() => stringifyJson({ a: 1, b: ['text', { c: value }] })).toThrow(
      expect.objectContaining({ code: 'BODY_INVALID', field: 'b[1].c' }),
    )
  })

  test('refuses a body that is none', () => {
    for (const body of [undefined, () => 1, Symbol('body')])
      expect(() => stringifyJson(body)).toThrow(expect.objectContaining({ code: 'BODY_INVALID' }))
  })

  const cyclic = (value: Record<string, unknown>): unknown => {
    value.amount = { list: [1, value] }
    return value
  }
  const nested = (inner: unknown, levels = 100_000): unknown => {
    let value = inner
    for (let level = 0; level < levels; level++) value = { a: value }
    return value
  }
  test.each<[string, unknown]>([
    ['an integer', 1],
    ['a bigint', 2n ** 64n],
  ])('writes 512 levels around %s, and refuses 513', (_, inner) => {
    const value = nested(inner, 512)
    expect(stringifyJson(value)).toBe(`${'{"a":'.repeat(512)}${inner}${'}'.repeat(512)}`)
    expect(() => stringifyJson({ a: value })).toThrow(expect.objectContaining({ code: 'BODY_INVALID' }))
  })

  test('writes every character as JSON.stringify does, in a value and in a name', () => {
    const units = Array.from({ length: 0x1_00_00 }, (_, unit) => String.fromCharCode(unit))
    const texts = [...units, ...units.map(unit => `\ud83d${unit}a`), ...units.map(unit => `茶${unit}\ude00`)]
    expect(texts.filter(text => stringifyJson(text) !== JSON.stringify(text))).toEqual([])
    const named = Object.fromEntries(units.map(unit => [unit, null]))
    expect(stringifyJson(named) === JSON.stringify(named)).toBe(true)
  })

  test('reads a getter once', () => {
    let reads = 0
    const value = {
      list: [
        {
          get total() {
            return reads++ === 0 ? 1 : Number.NaN
          },
        },
      ],
    }
    expect(stringifyJson(value)).toBe('{"list":[{"total":1}]}')
    expect(() => stringifyJson(value)).toThrow(expect.objectContaining({ field: 'list[0].total' }))
  })

  const fail = () => {
    throw new TypeError('of the caller')
  }
  const itself: Record<string, unknown> = {}
  itself.self = itself

  test.each<[string, unknown, string, string]>([
    ['an object within itself', itself, 'self', 'circular'],
    ['an object deep within itself', cyclic({ id: 1 }), 'amount.list[1]', 'circular'],
    ['an object with a bigint within itself', cyclic({ id: 2n ** 64n }), 'amount.list[1]', 'circular'],
    ['nesting without end', nested(1), `a${'.a'.repeat(49)}.`, 'levels'],
    ['nesting without end around a bigint', nested(1n), `a${'.a'.repeat(49)}.`, 'levels'],
    ['a toJSON that fails', { a: { toJSON: fail } }, 'body', 'toJSON'],
    ['a getter that fails', Object.defineProperty({}, 'a', { get: fail, enumerable: true }), 'body', 'getter'],
  ])('refuses %s, and tells where', (_, value, field, why) => {
    expect(() => stringifyJson(value)).toThrow(
      expect.objectContaining({
        name: 'CallError',
        code: 'BODY_INVALID',
        field,
        message: expect.stringContaining(why),
      }),
    )
  })

  test('writes an object that stands in two places, which is no circle', () => {
    const amount = { total: 2n ** 64n }
    expect(stringifyJson([amount, { amount }])).toBe(
      '[{"total":18446744073709551616},{"amount":{"total":18446744073709551616}}]',
    )
  })

  test('calls toJSON once, with its name, as JSON.stringify does, beside a bigint too', () => {
    const named = () => ({ toJSON: (key: string) => ({ key, toJSON: () => 'twice' }) })
    const value = {
      date: new Date(0),
      named: named(),
      list: [named()],
      text: new String('x'),
      number: new Number(1),
      hole: new Array(2),
    }
    const due = JSON.stringify(value)
    expect(stringifyJson(value)).toBe(due)
    expect(stringifyJson({ ...value, id: 2n ** 64n })).toBe(due.replace(/}$/, ',"id":18446744073709551616}'))
  })
})
