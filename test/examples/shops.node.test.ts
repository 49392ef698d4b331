import { spawn } from 'node:child_process'
import { createVerify } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { createRehearsals, doctor, named, type Rehearsals } from '../cli/doctor/rehearsals.ts'
import { freePort } from '../free-port.ts'

// Each shop runs as a program, on the built package, against a simulator behind HTTP, and the doctor visits it.

const OPENID = 'onqOjjmo8wmTOOtSKwXtGjg9Gb58'
const STAFF = { authorization: 'Bearer staff' }

let rehearsals: Rehearsals
beforeAll(async () => {
  rehearsals = await createRehearsals()
})
afterAll(() => rehearsals[Symbol.asyncDispose]())

/** Starts a shop, and returns its address and its lines. */
async function startShop(file: string): Promise<{ url: string; lines: string[] }> {
  const { merchant } = rehearsals.simulator
  const [[publicKeyId, publicKey]] = Object.entries(merchant.platformKeys) as [[string, string]]
  const env = {
    PATH: process.env.PATH,
    PORT: String(await freePort()),
    STAFF_TOKEN: 'staff',
    WECHATPAY_APPID: merchant.appid,
    WECHATPAY_MCHID: merchant.mchid,
    WECHATPAY_SERIAL: merchant.serial,
    WECHATPAY_PRIVATE_KEY: merchant.privateKey,
    WECHATPAY_APIV3_KEY: merchant.apiv3Key,
    WECHATPAY_PUBLIC_KEY_ID: publicKeyId,
    WECHATPAY_PUBLIC_KEY: publicKey,
    WECHATPAY_BASE_URL: rehearsals.url,
  }
  const child = spawn(process.execPath, [join('examples/shops', file)], { env })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', line => lines.push(line))
  await expect.poll(() => lines.join('\n')).toContain('http://127.0.0.1:')
  return { url: /http:\S+/.exec(lines.join('\n'))![0], lines }
}

const post = async (url: string, body?: object, headers: Record<string, string> = {}) => {
  const init = body && { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
  const response = await fetch(url, { method: 'POST', headers, ...init })
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  return { status: response.status, body: (await response.json()) as any }
}

const visit = (url: string, place: { path: string; body: object }) =>
  doctor(
    ...Object.entries({
      'notify-url': `${url}/notify`,
      simulator: rehearsals.url,
      'place-url': `${url}${place.path}`,
      'place-body': JSON.stringify(place.body),
      'check-url': `${url}${place.path}/{out_trade_no}`,
      paid: '"state":"paid"',
    }).flatMap(([name, value]) => [`--${name}`, value]),
  )

test.each(['mini-program/express.ts', 'mini-program/hono.ts'])('the doctor finds nothing wrong with %s', async file => {
  const { url } = await startShop(file)
  const report = await visit(url, { path: '/orders', body: { sku: 'tea', openid: OPENID } })
  expect([report.checks.filter(({ ok }) => ok === false), named(report, null)]).toEqual([[], ['url', 'tls']])
})

test('the doctor finds nothing wrong with the shop of a service provider, which refunds its sub-merchants’ orders once, and is notified of it', async () => {
  const { url, lines } = await startShop('partner/index.ts')
  const path = '/merchants/1900000109/orders'
  const report = await visit(url, { path, body: { sp_openid: OPENID } })
  expect([report.checks.filter(({ ok }) => ok === false), named(report, null)]).toEqual([[], ['url', 'tls']])
  const { out_trade_no } = (await post(`${url}${path}`, { sp_openid: OPENID })).body
  rehearsals.simulator.pay({ out_trade_no, sub_mchid: '1900000109' })
  await rehearsals.simulator.settled()
  const refund = () => post(`${url}${path}/${out_trade_no}/refund`, undefined, STAFF)
  const [first, again] = [await refund(), await refund()]
  expect([first.status, first.body]).toEqual([200, { out_refund_no: expect.any(String), amount: 1800 }])
  expect(again.body).toEqual(first.body)
  await rehearsals.simulator.settled()
  await expect.poll(() => lines).toContain(`refund: ${first.body.out_refund_no} SUCCESS`)
})

test.each(['mini-program/express.ts', 'mini-program/hono.ts'])(
  'with %s the page pays what the server asks for, and staff refund it once',
  async file => {
    const { url, lines } = await startShop(file)
    const { simulator } = rehearsals
    const payments: Record<string, string>[] = []
    const wx = {
      async requestPayment(payment: Record<string, string>) {
        payments.push(payment)
        simulator.pay({ prepay_id: payment.package!.replace('prepay_id=', '') })
        await simulator.settled()
      },
    }
    const request = async (method: string, path: string, body?: object) =>
      method === 'POST' ? (await post(url + path, body)).body : (await fetch(url + path)).json()
    const source = await readFile('examples/shops/mini-program/page.js', 'utf8')
    const pay = new Function('request', 'wx', `${source.replace('export ', '')}\nreturn pay`)(request, wx)

    expect(await pay('tea', OPENID)).toEqual({ sku: 'tea', total: 1800, state: 'paid', refunded: 0 })
    const { timeStamp, nonceStr, package: packed, paySign } = payments[0]!
    const message = [simulator.merchant.appid, timeStamp, nonceStr, packed, ''].join('\n')
    const { certificate } = simulator.merchant
    expect(createVerify('RSA-SHA256').update(message).verify(certificate, paySign!, 'base64')).toBe(true)
    await expect.poll(() => lines.filter(line => line.startsWith('paid: '))).toHaveLength(1)

    const number = lines.find(line => line.startsWith('paid: '))!.slice(6)
    const refund = (headers: Record<string, string>) => post(`${url}/orders/${number}/refund`, undefined, headers)
    expect((await refund({})).status).toBe(401)
    const [first, again] = [await refund(STAFF), await refund(STAFF)]
    expect(first.body).toMatchObject({ amount: 1800, state: expect.stringMatching(/PROCESSING|SUCCESS/) })
    expect(again.body.out_refund_no).toBe(first.body.out_refund_no)
    expect(simulator.refund(first.body.out_refund_no)).toMatchObject({ refund: 1800, out_trade_no: number })
    expect((await post(`${url}/orders`, { sku: 'constructor', openid: OPENID })).status).toBe(400)
    expect((await post(`${url}/orders`)).status).toBe(400)
    const refused = await post(`${url}/orders`, { sku: 'tea', openid: '' })
    expect(refused).toEqual({ status: 502, body: { message: 'request failed' } })
  },
)

test.each(['mini-program/express.ts', 'mini-program/hono.ts'])(
  '%s finds no fault in an order that was refunded soon after it was paid',
  async file => {
    const { url, lines } = await startShop(file)
    const { simulator } = rehearsals
    const { out_trade_no } = (await post(`${url}/orders`, { sku: 'tea', openid: OPENID })).body
    const queries = () => simulator.journal.filter(({ path }) => path.endsWith(`/out-trade-no/${out_trade_no}`)).length
    await expect.poll(queries).toBe(1)
    simulator.pay({ out_trade_no })
    await simulator.settled()
    await expect.poll(() => lines).toContain(`paid: ${out_trade_no}`)
    expect((await post(`${url}/orders/${out_trade_no}/refund`, undefined, STAFF)).status).toBe(200)
    // The second query, five seconds after the first one, finds REFUND.
    const beforeSecond = queries()
    await expect.poll(queries).toBe(beforeSecond + 1)
    await simulator.settled()
    expect((await fetch(`${url}/orders/${out_trade_no}`)).status).toBe(200)
    expect(lines.filter(line => line.startsWith('look at order'))).toEqual([])
  },
)

test('the workflow of GitHub Actions passes, step by step', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-ci-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  // A checkout of a project that has installed the package.
  const scratch = inject('scratch')
  await symlink(join(scratch, 'node_modules'), join(folder, 'node_modules'))
  await cp(join(scratch, 'package.json'), join(folder, 'package.json'))
  await cp('examples/shops/ci/shop.test.ts', join(folder, 'shop.test.ts'))
  await cp('examples/shops/mini-program/hono.ts', join(folder, 'shop.ts'))
  const workflow = parse(await readFile('examples/shops/ci/workflow.yml', 'utf8'))
  const [simulatorPort, shopPort] = [await freePort(), await freePort()]
  const steps = workflow.jobs.test.steps
    .filter(({ run }: { run?: string }) => run !== undefined && run !== 'npm ci')
    .map(({ run }: { run: string }) =>
      run
        // In one pass: a port may have the digits of the other.
        .replace(/8989|3000/g, port => String(port === '8989' ? simulatorPort : shopPort))
        .replace('--folder', `--port ${simulatorPort} --folder`),
    )
  expect(steps).toHaveLength(4)
  // One shell runs them all, as a job does on one machine; what it has started ends with its group.
  const job = spawn('bash', ['-e', '-c', `${steps.join('\n')}\necho passed`], {
    cwd: folder,
    detached: true,
    env: {
      PATH: `${join(process.execPath, '..')}:${process.env.PATH}`,
      HOME: process.env.HOME,
      PORT: String(shopPort),
    },
  })
  onTestFinished(() => {
    try {
      process.kill(-job.pid!, 'SIGKILL')
    } catch {
      // It has ended.
    }
  })
  let out = ''
  for (const stream of [job.stdout, job.stderr])
    stream.setEncoding('utf8').on('data', data => {
      out += data
    })
  const code = await new Promise(resolve => job.once('exit', resolve))
  // Programs that it has started in the background still run: their lines may come late, and after the last one of the job.
  await expect.poll(() => [code, out]).toEqual([0, expect.stringMatching(/✓ query-recorded[\s\S]*^passed$/m)])
})
