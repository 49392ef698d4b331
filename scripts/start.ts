// npm start: runs the Worker on workerd with a simulated WeChat Pay, and sends five calls and a payment through it.
// SIMULATE_WEBHOOK_URL=http://127.0.0.1:3000/ npm start: forwards the notifications to this URL.
import { spawn } from 'node:child_process'
import { endWithNpm } from '../src/cli/end-with-npm.ts'
import { table } from './table.ts'

const port = Number(process.env.PORT ?? 8787)
const gateway = `http://127.0.0.1:${port}`
const READY_WITHIN = 60_000

if (await isServing()) {
  console.error(`Port ${port} is in use. Choose another: PORT=8788 npm start`)
  process.exit(1)
}

/** Enables the demo for this session only; a variable in wrangler.toml would be deployed. */
const variables = ['SIMULATE:true']
if (process.env.SIMULATE_WEBHOOK_URL) variables.push(`SIMULATE_WEBHOOK_URL:${process.env.SIMULATE_WEBHOOK_URL}`)
const flags = [
  '--port',
  String(port),
  '--show-interactive-dev-session=false',
  ...variables.flatMap(variable => ['--var', variable]),
]

// npm puts node_modules/.bin into the path of its scripts.
const worker = spawn('wrangler', ['dev', ...flags], {
  stdio: ['ignore', 'pipe', 'pipe'],
  env: {
    // The demo does not need the network.
    WRANGLER_SEND_METRICS: 'false',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    // Colours are lost in the pipe unless forced.
    ...(process.stdout.isTTY && { FORCE_COLOR: '1' }),
    ...process.env,
  },
  shell: process.platform === 'win32',
})
worker.stdout.pipe(process.stdout)
worker.stderr.pipe(process.stderr)
let hasGivenUp = false
worker.on('exit', code => process.exit(hasGivenUp ? 1 : (code ?? 1)))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => worker.kill(signal))
endWithNpm(() => worker.kill())
process.on('exit', () => worker.kill())

const deadline = Date.now() + READY_WITHIN
while (!(await isServing())) {
  if (Date.now() > deadline) {
    giveUp(`The Worker did not answer at ${gateway} within ${READY_WITHIN / 1000} s.`)
    break
  }
  await new Promise(resolve => setTimeout(resolve, 200))
}

if (!hasGivenUp) await showDemo()

async function showDemo(): Promise<void> {
  const simulator = await fetch(`${gateway}/simulator`)
  if (simulator.ok) return showCalls((await simulator.json()) as Simulator)
  const { detail } = (await simulator.json()) as { detail: string }
  giveUp(
    `The demo does not start with real settings. Move .dev.vars away or unset the variables, then run npm start again. To use real keys, run npx wrangler dev.\n${detail}`,
  )
}

/** Reports why there is no demo and ends wrangler, silencing its output, which would hide the reason. */
function giveUp(reason: string): void {
  hasGivenUp = true
  for (const output of [worker.stdout, worker.stderr]) output.unpipe().resume()
  console.error(`\n${reason}`)
  worker.kill()
}

interface Simulator {
  mchid: string
  appid: string
  examples: {
    sub_mchid: string
    openid: string
    authenticate_number: string
    verification_id: { success: string }
    business_code: string
  }
}
interface Exchange {
  requestId: string
  signedText: string
  signature: string
}

async function showCalls({ mchid, appid, examples }: Simulator): Promise<void> {
  const { sub_mchid, openid, authenticate_number, verification_id, business_code } = examples
  const query = (parameters: Record<string, string>) => new URLSearchParams(parameters)
  const calls: { method: string; path: string; body?: object; fields: string[] }[] = [
    {
      method: 'GET',
      path: `/v3/payroll-card/authentications/${authenticate_number}?${query({ sub_mchid })}`,
      fields: ['authenticate_state', 'authenticate_time', 'employer_name'],
    },
    {
      method: 'POST',
      path: '/v3/payroll-card/authentications/pre-order',
      body: {
        openid,
        appid,
        sub_mchid,
        authenticate_number: `demo${Date.now()}`,
        project_name: '某项目',
        employer_name: '某单位名称',
        authenticate_type: 'SIGN_IN',
      },
      fields: ['authenticate_number', 'token', 'expires_in'],
    },
    {
      method: 'GET',
      path: `/v3/compliance/inactive-merchant-identity-verification/merchants/${sub_mchid}/verifications/${verification_id.success}`,
      fields: ['state', 'create_time', 'finish_time'],
    },
    {
      method: 'GET',
      path: `/v3/apply4subject/applyment?${query({ business_code })}`,
      fields: ['applyment_state', 'qrcode_data'],
    },
    {
      method: 'POST',
      path: '/v2/secsvc/realnameauth',
      body: {
        version: '1.0',
        mch_id: mchid,
        appid,
        openid,
        real_name: '张三',
        cred_type: '1',
        cred_id: '110101199003070011',
        access_token: 'demo-access-token',
        sign_type: 'HMAC-SHA256',
      },
      fields: ['result_code', 'verify_openid', 'verify_real_name'],
    },
  ]

  const rows: string[][] = []
  for (const { method, path, body, fields } of calls) {
    const response = await fetch(gateway + path, body ? json(body, method) : { method })
    const reply = (await response.json()) as Record<string, unknown>
    const journal = (await (await fetch(`${gateway}/simulator/journal`)).json()) as Exchange[]
    const arrived = journal.find(({ requestId }) => requestId === response.headers.get('request-id'))
    const shown = response.ok ? fields : Object.keys(reply)
    rows.push([
      `${method}\n${path.split('?')[0]}`,
      arrived
        ? `${arrived.signedText.replaceAll('\n', '⏎\n').trimEnd()}\n\nsignature: ${arrived.signature}`
        : 'nothing arrived',
      String(response.status),
      response.headers.get('wechatpay-edge-verified-by') ?? 'no',
      shown.map(field => `${field}: ${brief(reply[field])}`).join('\n'),
    ])
  }

  const columns = [
    { title: 'call', width: 24 },
    {
      title: 'what was signed, as WeChat Pay (simulated) received it',
      width: Math.max(30, (process.stdout.columns ?? 120) - 90),
    },
    { title: 'status', width: 6 },
    { title: 'verified by', width: 14 },
    { title: 'reply', width: 30 },
  ]
  console.log(`\n${table(columns, rows)}\n`)
  await showPayment(mchid, appid)
  console.log(
    `The console, with all of this in its timeline: ${gateway}/console/
The gateway serves at ${gateway} until you press Ctrl+C. Try:\n  curl '${gateway}/v3/apply4subject/applyment?business_code=${business_code}'`,
  )
}

/** Makes a payment through the gateway: placed, paid, notified, and found in the ledger. */
async function showPayment(mchid: string, appid: string): Promise<void> {
  const out_trade_no = `demo${Date.now()}`
  const order = { appid, out_trade_no, description: 'Tea', amount: { total: 100 } }
  const { code_url } = (await post('/checkout/native', {
    ...order,
    notify_url: `https://gateway.example/notify/${mchid}`,
  })) as { code_url: string }
  await post('/simulator/pay', { out_trade_no })
  await post('/simulator/settle', {})
  const { events } = (await (await fetch(`${gateway}/admin/merchants/${mchid}/events?limit=1`)).json()) as {
    events: { event: string; subject: string; received_at: number }[]
  }
  console.log(`A payment, from end to end:
  POST /checkout/native            code_url ${code_url}
  the shopper pays (simulated)     WeChat Pay notifies /notify/${mchid}
  GET /admin/merchants/…/events    ${events[0]?.event} ${events[0]?.subject}, recorded once; SIMULATE_WEBHOOK_URL=… npm start delivers it there
`)
}

async function post(path: string, body: object): Promise<unknown> {
  const response = await fetch(gateway + path, json(body))
  const text = await response.text()
  if (!response.ok) throw new Error(`${path}: ${text}`)
  return text && JSON.parse(text)
}

function json(body: object, method = 'POST'): RequestInit {
  return { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
}

function brief(value: unknown): string {
  const text = typeof value === 'string' ? value : String(JSON.stringify(value))
  return text.length > 60 ? `${text.slice(0, 40)}… (${text.length} characters)` : text
}

async function isServing(): Promise<boolean> {
  try {
    await fetch(`${gateway}/simulator`, { signal: AbortSignal.timeout(5_000) })
    return true
  } catch {
    return false
  }
}
