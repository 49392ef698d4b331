import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { unstable_readConfig } from 'wrangler'
import { merchantFiles } from '../../src/cli/simulator/merchant-files.ts'
import type { Simulator } from '../../src/simulator/index.ts'

/** The bearer token of the caller `default`. */
export const TOKEN = 'wxe_token-of-the-gateway'
export const hashOf = (token: string): string => `sha256:${createHash('sha256').update(token).digest('hex')}`

/** A Cloudflare account on this machine: the gateway as it is deployed, and Workers of shops that are bound to it. */
export interface Account {
  /** The public address of the gateway. */
  readonly url: string
  /** Reaches the Worker of a shop. */
  shop(name: string, path: string, body: unknown): Promise<Response>
  /** Carries out the cron trigger of the gateway. */
  runCron(): Promise<void>
  /** Deploys the gateway again with other variables. Its ledgers stay. */
  deploy(variables: Record<string, string>): Promise<void>
  close(): Promise<void>
}

export interface ShopBinding {
  readonly entrypoint?: string
  readonly props?: Record<string, unknown>
}

/** How the runtime is asked to behave in production. */
export async function readCompatibility(): Promise<{ compatibilityDate: string; compatibilityFlags: string[] }> {
  const { compatibility_date, compatibility_flags } = unstable_readConfig({ config: 'wrangler.toml' })
  return { compatibilityDate: compatibility_date!, compatibilityFlags: compatibility_flags }
}

export async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    external: ['cloudflare:workers'],
  })
  return outputFiles[0]!.text
}

/** The variables of a simulated merchant, whose WeChat Pay is at `url`. */
export async function variablesOf(simulator: Simulator, url: string): Promise<Record<string, string>> {
  const files = await merchantFiles(simulator, { url, tls: undefined })
  return parseEnv(String(files['.env'])) as Record<string, string>
}

/**
 * Starts an account.
 *
 * @param variables of the gateway
 * @param shops the service binding of each shop's Worker
 * @param signer the secrets of examples/signer/cloudflare/holder.ts, to which the gateway is bound if they are given
 */
export async function startAccount(
  variables: Record<string, string>,
  shops: Readonly<Record<string, ShopBinding>> = {},
  signer?: Record<string, string>,
): Promise<Account> {
  const common = { modules: true, ...(await readCompatibility()) } as const
  const [script, gateway] = await Promise.all([bundle('./shop-worker.ts'), bundle('../../worker/index.ts')])
  const holder = signer && (await bundle('../../examples/signer/cloudflare/holder.ts'))
  const optionsOf = (bindings: Record<string, string>) =>
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      cf: false,
      workers: [
        {
          ...common,
          name: 'wechatpay-edge',
          script: gateway,
          bindings,
          durableObjects: { LEDGER: { className: 'LedgerObject', useSQLite: true } },
          queueProducers: { DELIVERIES: 'deliveries' },
          queueConsumers: { deliveries: { maxBatchSize: 20, maxBatchTimeout: 1, maxRetries: 100 } },
          kvNamespaces: ['WECHATPAY_CERTIFICATES'],
          ...(signer && { serviceBindings: { WECHATPAY_SIGNER: 'wechatpay-signer' } }),
        },
        ...(signer ? [{ ...common, name: 'wechatpay-signer', script: holder!, bindings: signer }] : []),
        ...Object.entries(shops).map(([name, binding]) => ({
          ...common,
          name,
          script,
          serviceBindings: { WECHATPAY: { name: 'wechatpay-edge', ...binding } },
        })),
      ],
    })
  const miniflare = new Miniflare(optionsOf(variables))
  const { origin } = await miniflare.ready
  return {
    url: origin,
    async shop(name, path, body) {
      const { fetch } = (await miniflare.getWorker(name)) as unknown as { fetch: typeof globalThis.fetch }
      const init = { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
      return fetch(`http://${name}.example${path}`, init)
    },
    async runCron() {
      const { scheduled } = (await miniflare.getWorker('wechatpay-edge')) as unknown as {
        scheduled: (options: { cron: string }) => Promise<unknown>
      }
      await scheduled({ cron: '* * * * *' })
    },
    deploy: more => miniflare.setOptions(optionsOf(more)),
    close: () => miniflare.dispose(),
  }
}
