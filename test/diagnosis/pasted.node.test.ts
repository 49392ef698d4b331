/** Reading pasted texts. What a curl command sends is judged by curl itself, run by bash. */
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { cmdWords } from '../../src/diagnosis/pasted/cmd-words.ts'
import { FormatError } from '../../src/diagnosis/pasted/format-error.ts'
import { readPasted } from '../../src/diagnosis/pasted/read.ts'

const bash = promisify(execFile)

describe('a curl command', () => {
  let origin: string
  let received: { method?: string | undefined; url?: string | undefined; headers: NodeJS.Dict<unknown>; body: string }
  beforeAll(async () => {
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const { method, url, headers } = request
      received = { method, url, headers, body: Buffer.concat(chunks).toString() }
      response.end()
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return () => void server.close()
  })

  test.each([
    `curl '$URL/v3/a?b=%E8%8C%B6' -H 'Authorization: WECHATPAY2 mchid="1",nonce_str="a b"'`,
    `curl -sSX POST "$URL/v3/a" -H "X-Test: a \\"quoted\\" \\\\ value" --data-raw '{"a":"茶"}'`,
    `curl $URL/v3/a \\\n  -H 'X-Test: 1' \\\n  --data-binary $'{"a":"\\u8336\\n\\x41\\'"}' \\\n  --compressed`,
    `curl -XPUT -d'{"a":1}' -d b $URL/v3/a | cat`,
    `curl -G -d a=1 -d b=2 $URL/v3/a`,
    `curl -G -d a=1 '$URL/v3/a?c=2#fragment'`,
    `curl -G -d a=1 '$URL/v3/a#fragment?c=2'`,
    `curl '$URL/v3/a?c=2#fragment'`,
    `curl --url-query a=1 '$URL/v3/a?c=2#fragment'`,
    `curl --json '{"a":1}' -H"X-Test: 2" --max-time 5 -A agent $URL/v3/a > /dev/null`,
    `curl -o /dev/null --request DELETE --url $URL/v3/a/'b'"c"\\d`,
    `curl $URL/v3/a -d "a
b" -H 'x-test:3'`,
  ])('is read as bash and curl read it: %s', async template => {
    const command = template.replaceAll('$URL', `${origin}`)
    await bash('bash', ['-c', command])
    const [exchange] = readPasted(command)
    if (exchange?.kind !== 'request') throw new Error('not a request')
    const { method, url, message } = exchange
    expect({ method, url: url.slice(origin.length), body: message.body }).toEqual({
      method: received.method,
      url: received.url,
      body: received.body,
    })
    for (const name of ['authorization', 'x-test'])
      expect(message.headers.get(name) ?? undefined).toBe(received.headers[name])
  })

  test.each<[command: string, problem: string, named?: string]>([
    [`curl 'https://x/v3`, 'curl-quote'],
    [`curl "https://x/v3`, 'curl-quote'],
    ['curl https://x/v3 -d @body.json', 'curl-file', 'body.json'],
    ['curl https://x/v3 -F meta=@meta.json', 'curl-file', 'meta.json'],
    ['curl https://x/v3 -T body.json', 'curl-file', 'body.json'],
    ['curl https://x/v3 --data-urlencode a@body.txt', 'curl-file', 'body.txt'],
    ['curl -H a:b', 'curl-no-url'],
  ])('that says too little is refused: %s', (command, problem, named) => {
    expect(() => readPasted(command)).toThrow(expect.objectContaining({ problem, named }))
  })

  test('has the word with a scheme as its URL, whatever else an unknown option has as its value', () => {
    expect(readPasted('curl --option-of-tomorrow value https://x/v3/a')).toMatchObject([{ url: 'https://x/v3/a' }])
  })

  test('of an upload has the text of meta as its body', () => {
    const [exchange] = readPasted(`curl https://x/v3/a -F 'meta={"sha256":"0"};type=application/json' -F 'file=@a.png'`)
    expect(exchange).toMatchObject({ method: 'POST', message: { body: '{"sha256":"0"}' } })
  })
})

describe('a curl command for the command prompt of Windows', () => {
  /** As the developer tools of Chrome write a word: for the program first, and then for the prompt. */
  const asChromeWrites = (word: string): string => {
    const forProgram = word.replace(/\\/g, '\\\\').replace(/"/g, '\\"')
    const forPrompt = forProgram.replace(/[^a-zA-Z0-9\s_\-:=+~'/.',?;()*`]/g, '^$&').replace(/%(?=\w)/g, '%^')
    return `^"${forPrompt.replace(/\r?\n/g, '^\n\n')}^"`
  }
  const URL = 'https://api.mch.weixin.qq.com/v3/a?b=%E8%8C%B6&c=1'
  const AUTHORIZATION = 'WECHATPAY2-SHA256-RSA2048 mchid="1900000109",nonce_str="a^b%PATH%",signature="a+/=="'
  const BODY = '{"a":"茶 & <b> | ^ %PATH%","b":[1]}\n{"c":"!"}'
  const COMMAND = [
    `curl ${asChromeWrites(URL)}`,
    `-X ${asChromeWrites('PUT')}`,
    `-H ${asChromeWrites(`Authorization: ${AUTHORIZATION}`)}`,
    `--data-raw ${asChromeWrites(BODY)}`,
  ]

  test.each([' ^\n  ', ' ^\r\n  ', ' '])('is read as Chrome writes it, with %j between its words', separator => {
    const [exchange] = readPasted(COMMAND.join(separator))
    expect(exchange).toMatchObject({ kind: 'request', method: 'PUT', url: URL, message: { body: BODY } })
    expect(exchange!.message.headers.get('authorization')).toBe(AUTHORIZATION)
  })

  test('is read with the ends of lines of Windows', () => {
    expect(readPasted(COMMAND.join(' ^\n').replaceAll('\n', '\r\n'))).toMatchObject([{ message: { body: BODY } }])
  })

  test('is read as it was written before Chrome 100: in plain quotes, with ^ at the ends of lines', () => {
    const command =
      'curl "https://x/v3/a?b=1&c=2" ^\r\n  -H "a: b^c" ^\r\n  --data-raw "{\\"a\\":1}" ^\r\n  --compressed'
    const [exchange] = readPasted(command)
    expect(exchange).toMatchObject({ method: 'POST', url: 'https://x/v3/a?b=1&c=2', message: { body: '{"a":1}' } })
    expect(exchange!.message.headers.get('a')).toBe('b^c')
  })

  test('of any text is that text', () => {
    // A backslash before anything but a quote is one for the program, and Chrome doubles it.
    const texts = fc.string({ unit: fc.constantFrom(...'ab "\'^%&|<>!\n\t茶{}[]=#$;,()') })
    fc.assert(
      fc.property(texts, texts, (first, second) => {
        const words = [first, second].map(asChromeWrites)
        expect(cmdWords(`curl ${words.join(' ')} & del x`)).toEqual(['curl', first, second])
      }),
    )
  })

  // Microsoft's own examples, the last one with the quote that it lacks:
  // https://learn.microsoft.com/en-us/cpp/c-language/parsing-c-command-line-arguments
  test.each([
    ['"abc" d e', ['abc', 'd', 'e']],
    ['a\\\\b d"e f"g h', ['a\\\\b', 'de fg', 'h']],
    ['a\\\\\\"b c d', ['a\\"b', 'c', 'd']],
    ['a\\\\\\\\"b c" d e', ['a\\\\b c', 'd', 'e']],
    ['a"b"" c d"', ['ab" c d']],
  ])('splits %s as a program on Windows does', (line, words) => {
    expect(cmdWords(line)).toEqual(words)
  })

  test.each(['curl ^"https://x/v3', 'curl ^"https://x/v3^" ^\n -H ^"a: b'])('that was cut is refused: %j', command => {
    expect(() => readPasted(command)).toThrow(expect.objectContaining({ problem: 'curl-quote' }))
  })

  test('is no command for bash with a caret in it', () => {
    expect(readPasted(`curl https://x/v3 -d 'a ^"b^"' -d "c^d"`)).toMatchObject([{ message: { body: 'a ^"b^"&c^d' } }])
  })

  test.each([
    'curl -X POST ^"https://h.example/v3/x^" -H ^"a: b^" -d ^"c^"',
    'curl --location --request POST ^"https://h.example/v3/x^" --header ^"a: b^" --data c',
    'curl -X POST https://h.example/v3/x ^\r\n  -H "a: b" ^\r\n  -d c',
    'curl -X POST https://h.example/v3/x^\n -H "a: b" -d c',
    `curl -H "a: b" -H "d: it's" -d c ^"https://h.example/v3/x^"`,
  ])('is known wherever its marks are: %j', command => {
    const [exchange] = readPasted(command)
    expect(exchange).toMatchObject({ method: 'POST', url: 'https://h.example/v3/x', message: { body: 'c' } })
    expect(exchange!.message.headers.get('a')).toBe('b')
  })

  test.each([
    `curl https://x/v3 --data-raw 'line one ^\nline two'`,
    `curl https://x/v3 --data-raw "line one ^\nline two"`,
    `curl https://x/v3 --data-raw $'line one ^\\nline two' -H $'a: \\'^"'`,
  ])('is no command for bash with a caret at the end of a line of its body: %j', command => {
    expect(readPasted(command)).toMatchObject([{ message: { body: 'line one ^\nline two' } }])
  })

  test.each([`curl https://x/v3 -d 'a ^"b^"`, 'curl https://x/v3 -d "a ^\nb'])(
    'is no command for bash that was cut within a quote: %j',
    command => expect(() => readPasted(command)).toThrow(expect.objectContaining({ problem: 'curl-quote' })),
  )

  test('says the same with its options in any order, as the one for bash does', () => {
    const forBash = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`
    const bodies = fc.string({ unit: fc.constantFrom(...'ab "\'^^\n$茶{'), minLength: 1 }).map(text => `b${text}`)
    const order = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 })
    fc.assert(
      fc.property(bodies, order, fc.constantFrom(' ', ' ^\n  '), (body, positions, separator) => {
        const read = (quote: (word: string) => string, between: string) => {
          const parts = [quote(URL), '-X PUT', `-H ${quote('a: b ^"c^"')}`, `--data-raw ${quote(body)}`]
          const [exchange] = readPasted(['curl', ...positions.map(at => parts[at]!)].join(between))
          const { headers, body: sent } = exchange!.message
          return [exchange, headers.get('a'), sent]
        }
        const expected = [expect.objectContaining({ method: 'PUT', url: URL }), 'b ^"c^"', body]
        expect(read(asChromeWrites, separator)).toEqual(expected)
        expect(read(forBash, separator.replace('^', '\\'))).toEqual(expected)
      }),
    )
  })

  test('of any length is read or refused', () => {
    for (const part of ['^', '\\', '"', '^"', ' ', '\\"', '^\n'])
      expect(() => cmdWords(`curl ^"https://x/${part.repeat(100_000)}`).length).not.toThrow(RangeError)
  })
})

describe('HTTP', () => {
  test('is a request, a response, or only headers and a body', () => {
    expect(readPasted('POST /notify HTTP/1.1\r\nA: b\r\n\r\n{}')).toMatchObject([
      { kind: 'request', method: 'POST', url: '/notify', message: { body: '{}' } },
    ])
    expect(readPasted('\n\nHTTP/2 200\nA: b\n\n{}\n')).toMatchObject([
      { kind: 'response', status: 200, message: { body: '{}\n' } },
    ])
    expect(readPasted('A: b\n\n{}')).toMatchObject([{ kind: 'body', message: { body: '{}' } }])
    expect(readPasted('<xml/>')).toMatchObject([{ kind: 'body', message: { body: '<xml/>' } }])
  })

  test('is the last response of any number', () => {
    const interim = 'HTTP/1.1 100 Continue\n\n'.repeat(20_000)
    expect(readPasted(`${interim}HTTP/1.1 200 OK\nA: b\n\n{}`)).toMatchObject([
      { kind: 'response', status: 200, message: { body: '{}' } },
    ])
  })

  test.each([
    [`{"headers":{},"body":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, 'too-deep'],
    ['text of no format', 'unknown'],
    ['', 'unknown'],
    ['{"a":', 'not-json'],
    ['{"headers":{"\\n":1},"body":""}', 'headers-invalid'],
    ['\u0000\u0001', 'unknown'],
    ['POST /x', 'unknown'],
  ])('%.40j is none, and says why', (text, problem) => {
    expect(() => readPasted(text)).toThrow(expect.objectContaining({ problem }))
    expect(() => readPasted(text)).toThrow(FormatError)
  })
})

describe('a HAR', () => {
  const har = (...entries: object[]): string => JSON.stringify({ log: { version: '1.2', entries } })
  const CALL = {
    startedDateTime: '2026-12-01T00:00:00.000Z',
    time: 250,
    request: {
      method: 'POST',
      url: 'https://api.mch.weixin.qq.com/v3/a?b=1',
      headers: [
        { name: ':method', value: 'POST' },
        { name: 'Authorization', value: 'x' },
        { name: 'bad name', value: '茶' },
      ],
      postData: { text: '{"a":1}' },
    },
    response: {
      status: 200,
      headers: [{ name: 'Wechatpay-Serial', value: 'S' }],
      content: { text: Buffer.from('{"b":"茶"}').toString('base64'), encoding: 'base64' },
    },
  }

  test('has a request and a response of each call, with their times', () => {
    const at = Date.parse(CALL.startedDateTime)
    const other = { request: { url: 'https://example.com/v3', headers: [] }, response: {} }
    const foreign = { request: { url: 'https://a.example/', headers: [{ name: 'Authorization', value: 'Bearer x' }] } }
    const exchanges = readPasted(har(other, foreign, CALL))
    expect(exchanges).toMatchObject([
      { kind: 'request', url: CALL.request.url, at, message: { body: '{"a":1}' } },
      { kind: 'response', status: 200, at: at + 250, message: { body: '{"b":"茶"}' } },
    ])
    expect([...exchanges[0]!.message.headers.keys()]).toEqual(['authorization'])
  })

  test('has notifications without the response of the shop', () => {
    const url = 'https://shop.example/notify'
    const headers = [{ name: 'Wechatpay-Signature', value: 'x' }]
    expect(readPasted(har({ request: { method: 'POST', url, headers }, response: { status: 204 } }))).toHaveLength(1)
  })

  test('without calls of WeChat Pay, or with too many, is refused', () => {
    expect(() => readPasted(har({ request: { url: 'https://example.com/' } }))).toThrow(
      expect.objectContaining({ problem: 'har-empty', named: '1' }),
    )
    expect(() => readPasted(har(...Array.from({ length: 101 }, () => CALL)))).toThrow(
      expect.objectContaining({ problem: 'har-too-many', named: '202' }),
    )
  })

  test.each([[null], [1], [{ request: null, response: [] }], [{ request: { headers: 'x', url: {} } }]])(
    'with an entry that is none, %j, is not read as a call',
    entry => {
      expect(() => readPasted(JSON.stringify({ log: { entries: [entry] } }))).toThrow(
        expect.objectContaining({ problem: 'har-empty' }),
      )
    },
  )
})

test('a megabyte of any text is read or refused; a quadratic reader would exceed the time of a test', () => {
  for (const unit of ['a', '\n', ' ', '<', '{', '"', "'", 'a: b\n', "curl '", "\\'", '-----BEGIN A-----', 'G']) {
    const text = unit.repeat(1_000_000 / unit.length)
    for (const whole of [
      text,
      `curl ${text}`,
      `curl -${text}1`,
      `curl -d "${text}" https://x`,
      `A: ${text}x${text}`,
      `{"entries":${text}`,
      `POST /a HTTP/1.1\n${text}`,
    ])
      try {
        expect(readPasted(whole)).toHaveLength(1)
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
      }
  }
})
