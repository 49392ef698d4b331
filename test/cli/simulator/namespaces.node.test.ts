import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../../src/cli/commands.ts'
import { run } from '../../../src/cli/run.ts'
import { freePort } from '../../free-port.ts'

/** Runs the command in this process until it has started, and then stops it. */
async function start(options: readonly string[], whileRunning = async (_url: string): Promise<void> => {}) {
  const stop = new AbortController()
  const errors: string[] = []
  const lines: Record<string, unknown>[] = []
  let running: Promise<void> | undefined
  const terminal = {
    print(line: string) {
      if (!line.startsWith('{')) return
      const printed = JSON.parse(line)
      lines.push(printed)
      if (printed.kind === 'started') running = whileRunning(printed.url).finally(() => stop.abort())
    },
    warn: (line: string) => errors.push(JSON.parse(line).error.message),
    stopped: stop.signal,
  }
  const code = await run(COMMANDS, ['simulator', '--json', ...options], terminal)
  await running
  return { code, errors, lines }
}

const json = async (url: string, init?: RequestInit) => {
  const response = await fetch(url, init)
  return { status: response.status, body: await response.json(), headers: response.headers }
}

it('creates a namespace for the first request that names it, by path or header', async () => {
  const ran = await start(['--port', '0'], async url => {
    expect((await json(`${url}/ns/a/simulator/orders`)).body).toEqual([])
    const headers = { 'Simulator-Namespace': 'b' }
    expect((await json(`${url}/simulator/orders`, { headers })).body).toEqual([])
    expect((await json(`${url}/simulator/namespaces`)).body).toEqual(['a', 'b'])
    expect((await json(`${url}/ns/a/v3/certificates`)).status).toBe(401)
  })
  expect(ran).toMatchObject({ code: 0, errors: [] })
})

it('says that the header Host is missing, and needs none for the paths of WeChat Pay', async () => {
  const ask = async (url: string, path: string): Promise<string> => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    socket.write(`GET ${path} HTTP/1.1\r\nConnection: close\r\n\r\n`)
    return text(socket)
  }
  const ran = await start(['--port', '0'], async url => {
    for (const path of ['/simulator', '/ns/new/v3/certificates']) {
      const refused = await ask(url, path)
      expect(refused).toMatch(/^HTTP\/1\.1 403 /)
      expect(refused).toContain('The request has no header Host')
    }
    expect(await ask(url, '/v3/certificates')).toMatch(/^HTTP\/1\.1 400 /)
    expect((await json(`${url}/simulator/namespaces`)).body).toEqual([])
  })
  expect(ran.code).toBe(0)
})

it('writes the address of a namespace, and the keys of its merchants, into their folders', async () => {
  const ran = await start(['--port', '0'], async url => {
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"mchid":"1900000160"}' }
    const created = (await json(`${url}/ns/a/simulator/merchants`, post)).body
    const folder = await (await fetch(`${url}/ns/a/simulator/merchants/1900000160/folder`)).text()
    expect(folder).toContain(`WECHATPAY_BASE_URL="${url}/ns/a"`)
    expect(folder).toContain(`WECHATPAY_SERIAL="${created.serial}"`)
    expect(await (await fetch(`${url}/simulator/folder`)).text()).toContain(`WECHATPAY_BASE_URL="${url}"`)
    expect((await json(`${url}/simulator/merchants/1900000160/folder`)).status).toBe(404)
  })
  expect(ran).toMatchObject({ code: 0, errors: [] })
})

it('refuses namespaces that were not listed', async () => {
  const ran = await start(['--port', '0', '--namespace', 'a', '--namespace', 'B'], async url => {
    expect((await json(`${url}/ns/b/simulator/orders`)).status).toBe(200)
    expect(await json(`${url}/ns/c/simulator/orders`)).toMatchObject({
      status: 404,
      body: { code: 'NAMESPACE_UNKNOWN' },
    })
  })
  expect(ran.code).toBe(0)
  expect(await start(['--namespace', '../x'])).toMatchObject({ code: 2 })
})

it('stands at a time, signs by it if told to, and says so in the header Date', async () => {
  const options = ['--port', '0', '--at', '2026-03-01T12:00:00+08:00', '--sign-by', 'simulated']
  const ran = await start(options, async url => {
    const at = Date.parse('2026-03-01T12:00:00+08:00')
    expect((await json(`${url}/simulator/status`)).body.now).toBe(at)
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"ms":60000}' }
    expect((await json(`${url}/simulator/advance`, post)).body.now).toBe(at + 60_000)
    const { headers } = await json(`${url}/v3/certificates`)
    expect(headers.get('date')).toBe('Sun, 01 Mar 2026 04:01:00 GMT')
  })
  expect(ran.code).toBe(0)
})

it.each([
  ['2026-03-01', 'a time such as'],
  ['2026-02-31T12:00:61Z', 'a time that exists'],
  ['9999-12-31T23:59:59Z', 'a time from 1970 to 9900'],
  ['1969-12-31T23:59:59Z', 'a time from 1970 to 9900'],
])('refuses the time %s', async (at, message) => {
  expect(await start(['--at', at])).toMatchObject({ code: 2, errors: [expect.stringContaining(message)] })
})

describe('--wait', () => {
  it('finds one that serves', async () => {
    const ran = await start(['--port', '0'], async url => {
      expect(await start(['--wait', '60', '--port', new URL(url).port])).toMatchObject({ code: 0, errors: [] })
    })
    expect(ran.code).toBe(0)
  })

  it('finds one that serves HTTPS with an authority of its own', async () => {
    const ran = await start(['--port', '0', '--tls'], async url => {
      expect(await start(['--wait', '60', '--tls', '--port', new URL(url).port])).toMatchObject({ code: 0, errors: [] })
    })
    expect(ran.code).toBe(0)
  })

  it('requires the port to wait for', async () => {
    const { code, errors } = await start(['--wait', '1', '--port', '0'])
    expect([code, errors[0]]).toEqual([2, expect.stringContaining('--wait requires the --port')])
  })

  it('ends with 1 and says why if nothing serves there', async () => {
    const { code, errors } = await start(['--wait', '0', '--port', String(await freePort())])
    expect(code).toBe(1)
    expect(errors[0]).toMatch(/^http:\/\/127\.0\.0\.1:\d+ does not serve after 0 s: .*ECONNREFUSED/)
  })

  it('refuses a time that is no number', async () => {
    expect((await start(['--wait', 'long'])).code).toBe(2)
  })
})
