import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { Ajv } from 'ajv'
import { beforeAll, describe, expect, it } from 'vitest'
import { experimental_readRawConfig as readRawConfig, unstable_readConfig as readWranglerConfig } from 'wrangler'
import { GatewayConfigurationError, readConfig } from '../../src/gateway/index.ts'

// wrangler.toml as wrangler reads it, judged by the schema that wrangler comes with.

interface Environment {
  workers_dev?: boolean
  preview_urls?: boolean
  vars?: Record<string, unknown>
  durable_objects: { bindings: { name: string; class_name: string }[] }
  queues: {
    producers: { queue: string; binding: string }[]
    consumers: { queue: string; dead_letter_queue?: string; max_retries?: number }[]
  }
  kv_namespaces: { binding: string; id?: string }[]
  ratelimits: { name: string; namespace_id: string; simple: object }[]
  observability: object
}

const isValid = new Ajv({ strict: false, allowUnionTypes: true }).compile(
  JSON.parse(
    readFileSync('node_modules/wrangler/config-schema.json', 'utf8').replaceAll('"markdownDescription"', '"$comment"'),
  ),
)
const read = (path: string) =>
  readRawConfig({ config: path }).rawConfig as unknown as Environment & {
    env: Record<string, Environment>
  }
let config: ReturnType<typeof read>
beforeAll(() => {
  config = read('wrangler.toml')
})

describe.each(['wrangler.toml', 'examples/cloudflare/wrangler.toml'])('%s', path => {
  it('is valid by the schema of the wrangler that is installed', () => {
    isValid(read(path))
    expect(isValid.errors ?? []).toEqual([])
  })

  it.each([
    { worker_dev: false },
    { observability: { trace: {} } },
    { routes: [{ pattern: 'a', custom_domian: true }] },
  ])('would not be with %j', mistake => {
    expect(isValid({ ...read(path), ...mistake })).toBe(false)
  })
})

describe('the gateway', () => {
  const environments = (): [string, Environment][] => [['production', config], ...Object.entries(config.env)]

  it('has an environment to test in', () => {
    expect(environments().map(([name]) => name)).toEqual(['production', 'staging'])
  })

  it('is reached neither at workers.dev nor at a preview URL, in any environment', () => {
    for (const [name, { workers_dev, preview_urls }] of environments())
      expect({ name, workers_dev, preview_urls }).toEqual({ name, workers_dev: false, preview_urls: false })
  })

  it('leaves the production domain with production when another environment is deployed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'wechatpay-edge-routes-'))
    try {
      const path = join(folder, 'wrangler.toml')
      const domain = 'routes = [{ pattern = "pay.example.com", custom_domain = true }]'
      const text = readFileSync('wrangler.toml', 'utf8')
      // As the guide says to: the first commented line becomes a setting.
      writeFileSync(path, text.replace(`# ${domain}`, domain))
      const routesOf = (env: string) => readWranglerConfig({ config: path, env }, { hideWarnings: true }).routes
      expect(routesOf('')).toEqual([{ pattern: 'pay.example.com', custom_domain: true }])
      for (const name of Object.keys(config.env)) expect({ name, routes: routesOf(name) }).toEqual({ name, routes: [] })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('has in every environment all that it has in production', () => {
    const bindingsOf = ({ durable_objects, queues, kv_namespaces, ratelimits }: Environment) => ({
      objects: durable_objects.bindings,
      queues: queues.producers.map(({ binding }) => binding),
      consumers: queues.consumers.map(({ queue, dead_letter_queue, ...settings }) => settings),
      stores: kv_namespaces.map(({ binding }) => binding),
      limits: ratelimits.map(({ name, simple }) => ({ name, simple })),
    })
    for (const [name, environment] of environments())
      expect({ name, ...bindingsOf(environment) }).toEqual({ name, ...bindingsOf(config) })
  })

  it('shares no queue and no counter with another environment', () => {
    const shared = environments().flatMap(([, { queues, ratelimits }]) => [
      ...queues.consumers.map(({ queue }) => queue),
      ...ratelimits.map(({ namespace_id }) => namespace_id),
    ])
    expect(new Set(shared).size).toBe(shared.length)
    for (const [, { queues }] of environments()) {
      const consumed = queues.consumers.map(({ queue }) => queue)
      expect(consumed).toEqual([queues.producers[0]?.queue, queues.consumers[0]?.dead_letter_queue])
    }
  })

  it('leaves queries, where an openid may stand, out of Cloudflare’s logs and traces', () => {
    for (const [, { observability }] of environments())
      expect(observability).toMatchObject({
        enabled: true,
        redact_query_string: true,
        logs: { invocation_logs: false },
        traces: { enabled: true },
      })
  })

  it('is no demo in any environment', () => {
    for (const [, { vars = {} }] of environments()) expect(Object.keys(vars)).not.toContain('SIMULATE')
  })
})

describe('the clone', () => {
  it('leaves to whoever deploys it what wrangler writes there, and their secrets', () => {
    const written = ['worker-configuration.d.ts', 'worker-startup.cpuprofile', 'staging.secrets.json', '.dev.vars']
    const ignored = execFileSync('git', ['check-ignore', ...written], { encoding: 'utf8' })
    expect(ignored.trim().split('\n')).toEqual(written)
    // It declares globals that contradict those of the tests.
    expect(JSON.parse(readFileSync('tsconfig.json', 'utf8')).exclude).toContain('worker-configuration.d.ts')
  })

  it('describes in .dev.vars.example what a Worker on this machine may need besides', () => {
    const text = readFileSync('.dev.vars.example', 'utf8')
    for (const name of ['WECHATPAY_APIV2_KEY', 'PUBLIC_URL', 'WEBHOOK_ALLOW_PRIVATE', 'WECHATPAY_BASE_URL'])
      expect(text).toContain(`# ${name}=`)
  })
})

describe('the Deploy to Cloudflare button', () => {
  const asked = Object.keys(parseEnv(readFileSync('.dev.vars.example', 'utf8')))

  it('describes each secret that it asks for', () => {
    const { cloudflare } = JSON.parse(readFileSync('package.json', 'utf8'))
    expect(asked.length).toBeGreaterThan(5)
    expect(Object.keys(cloudflare.bindings).sort()).toEqual(asked.sort())
  })

  it('asks for what the gateway reads, and for all that it needs', () => {
    const values: Record<string, string> = {
      WECHATPAY_MCHID: '1900000109',
      WECHATPAY_PRIVATE_KEY: '-----BEGIN PRIVATE KEY-----',
      WECHATPAY_CERTIFICATE: '-----BEGIN CERTIFICATE-----',
      WECHATPAY_APIV3_KEY: 'x'.repeat(32),
      WECHATPAY_PUBLIC_KEY_ID: 'PUB_KEY_ID_01',
      WECHATPAY_PUBLIC_KEY: '-----BEGIN PUBLIC KEY-----',
      GATEWAY_TOKEN: `sha256:${'0a'.repeat(32)}`,
      GATEWAY_ADMIN_TOKEN: `sha256:${'0b'.repeat(32)}`,
      WEBHOOK_URL: 'https://shop.example.com/',
      WEBHOOK_SECRET: `whsec_${btoa('0123456789abcdef01234567')}`,
    }
    const environment = Object.fromEntries(asked.map(name => [name, values[name] ?? 'x']))
    expect(readConfig(environment).merchants).toHaveLength(1)
    expect(() => readConfig({ ...environment, WEBHOOK_SECERT: 'x' })).toThrow(GatewayConfigurationError)
  })

  it('holds no value, which would be deployed', () => {
    expect(Object.values(parseEnv(readFileSync('.dev.vars.example', 'utf8'))).filter(Boolean)).toEqual([])
  })
})
