import { assert } from 'chai'
import { fromUtf8, utf8 } from '../../src/core/base/bytes.ts'
import { parseJson, stringifyJson } from '../../src/core/codec/json.ts'
import { stringifyMultipart } from '../../src/core/codec/multipart.ts'
import { stringifyQuery } from '../../src/core/codec/query.ts'
import { parseXml, stringifyXml } from '../../src/core/codec/xml.ts'
import type { Case } from './case.ts'

const refused = (run: () => unknown): unknown => {
  try {
    return run()
  } catch (error) {
    return (error as { code?: string }).code
  }
}

export const cases: readonly Case[] = [
  {
    name: 'JSON keeps integers beyond 2^53 to the digit, both ways',
    run() {
      const text = '{"applyment_id":2000002124775691239,"amount":{"total":100},"rate":0.6}'
      const message = parseJson(text)
      assert.deepEqual(message as object, { applyment_id: 2000002124775691239n, amount: { total: 100 }, rate: 0.6 })
      assert.equal(stringifyJson(message), text)
      assert.equal(
        refused(() => parseJson('{"a":1')),
        'NOT_JSON',
      )
    },
  },
  {
    name: 'no content of JSON passes for an integer, and no nesting or body escapes untyped',
    run() {
      assert.deepEqual(parseJson('{"a":"\\u00231","b":12345678901234567}') as object, {
        a: '#1',
        b: 12345678901234567n,
      })
      for (const text of [
        '{12345678901234567:1}',
        '[123456789012345678,]',
        '['.repeat(200_000),
        '[12345678901234567,"\\',
      ])
        assert.equal(
          refused(() => parseJson(text)),
          'NOT_JSON',
          text.slice(0, 40),
        )
      for (const inner of ['1', '12345678901234567'])
        assert.isArray(parseJson('['.repeat(200_000) + inner + ']'.repeat(200_000)))
      const body: Record<string, unknown> = { amount: 1n }
      body.itself = body
      for (const value of [body, parseJson('['.repeat(200_000) + ']'.repeat(200_000))])
        assert.equal(
          refused(() => stringifyJson(value)),
          'BODY_INVALID',
        )
    },
  },
  {
    name: 'XML is read in CDATA and with entities, and what is no message is refused',
    run() {
      assert.deepEqual(parseXml('<xml><a><![CDATA[1 < 2 & 3]]></a><b>&lt;&#x5f20;&amp;</b><link/><c> </c></xml>'), {
        a: '1 < 2 & 3',
        b: '<张&',
        link: '',
        c: ' ',
      })
      for (const text of [
        '<xml><a>1</a>',
        '<!DOCTYPE xml><xml/>',
        '<xml><a></b></xml>',
        '<xml><__proto__/></xml>',
        '',
        '<xml><a ?></a></xml>',
        '<?x <a>1</a> ?>',
        '<xml><!-- a -- b --></xml>',
        `<xml>${'<a/>'.repeat(10_000)}</xml>`,
      ])
        assert.equal(
          refused(() => parseXml(text)),
          'NOT_XML',
          text,
        )
    },
  },
  {
    name: 'XML that is written reads back as it was',
    run() {
      const fields = { body: 'a<b>&"\r\n张三 😀', empty: '', list: ['1', '2'] }
      assert.deepEqual(parseXml(stringifyXml(fields)), fields)
    },
  },
  {
    name: 'a query stays as it is written when it goes through URL',
    run() {
      const query = stringifyQuery({ name: "张 三+&='()*!~", list: [1, 2n], none: undefined })
      assert.equal(query, 'name=%E5%BC%A0%20%E4%B8%89%2B%26%3D%27%28%29%2A%21~&list=1&list=2')
      assert.equal(new URL(`https://api.mch.weixin.qq.com/v3/a?${query}`).search, `?${query}`)
    },
  },
  {
    name: 'an upload is written to the byte, and read back by the runtime',
    async run() {
      const parts = [
        { name: 'meta', content: '{"filename":"张三.png"}', type: 'application/json' },
        { name: 'file', content: utf8('\x89PNG'), type: 'image/png', filename: '张三.png' },
      ]
      const { type, body } = stringifyMultipart(parts, 'boundary')
      assert.equal(
        fromUtf8(body),
        '--boundary\r\nContent-Disposition: form-data; name="meta"\r\nContent-Type: application/json\r\n\r\n' +
          '{"filename":"张三.png"}\r\n--boundary\r\nContent-Disposition: form-data; name="file"; filename="张三.png"\r\n' +
          'Content-Type: image/png\r\n\r\n\x89PNG\r\n--boundary--\r\n',
      )
      const form = await new Response(body, { headers: { 'content-type': type } }).formData()
      const file = form.get('file') as File
      assert.deepEqual([form.get('meta'), file.name, file.type], ['{"filename":"张三.png"}', '张三.png', 'image/png'])
    },
  },
]
