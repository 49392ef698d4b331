import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { utf8 } from '../../src/core/base/bytes.ts'
import { sha256 } from '../../src/core/crypto/digest.ts'
import type { Simulator } from '../../src/simulator/index.ts'
import worker, { type Env } from '../../worker/index.ts'

export const TOKEN = 'wxe_token-of-the-gateway'
export const ADMIN = 'wxe_token-of-its-operator'
export const SECRET = `whsec_${btoa('0123456789abcdef0123456789abcdef')}`

const hashOf = async (token: string): Promise<string> => `sha256:${await sha256(utf8(token))}`
export const TOKENS = { GATEWAY_TOKEN: await hashOf(TOKEN), GATEWAY_ADMIN_TOKEN: await hashOf(ADMIN) }

/** The environment of a Worker that is not configured: the bindings of wrangler.toml. */
export function unconfigured(more: Record<string, unknown> = {}): Env {
  const { LEDGER, DELIVERIES, WECHATPAY_CERTIFICATES, NOTIFY_RATE_LIMIT } = env
  return { LEDGER, DELIVERIES, WECHATPAY_CERTIFICATES, NOTIFY_RATE_LIMIT, ...more } as Env
}

/** A Worker with the keys of a merchant: a simulator's, which is reached by the client certificate only. */
export function realEnvironment({ merchant, mtlsFetch }: Simulator, more: Record<string, unknown> = {}): Env {
  const [[id, key] = []] = Object.entries(merchant.platformKeys)
  return unconfigured({
    ...TOKENS,
    GATEWAY_LOG: 'warn',
    WEBHOOK_URL: shop.url,
    WEBHOOK_SECRET: SECRET,
    WEBHOOK_ALLOW_PRIVATE: 'true',
    WECHATPAY_MCHID: merchant.mchid,
    WECHATPAY_SERIAL: merchant.serial,
    WECHATPAY_PRIVATE_KEY: merchant.privateKey.replaceAll('\n', '\\n'),
    WECHATPAY_APIV3_KEY: merchant.apiv3Key,
    WECHATPAY_APIV2_KEY: merchant.apiv2Key,
    WECHATPAY_PUBLIC_KEY_ID: id,
    WECHATPAY_PUBLIC_KEY: key,
    // The binding of a client certificate: behind it WeChat Pay, simulated.
    WECHATPAY_MTLS: { fetch: mtlsFetch },
    ...more,
  })
}

/** A request to the Worker, whose background work is over when the response is there. */
export async function serve(path: string, given: Env, init?: RequestInit, origin = 'https://gateway.example') {
  const context = createExecutionContext()
  const response = await worker.fetch(new Request(origin + path, init), given, context)
  await waitOnExecutionContext(context)
  return response
}

export const json = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json', ...headers },
})

/** A shop of shop.ts, which this Miniflare has to itself. */
export const shop = {
  /** Where the simulation of vitest.config.ts delivers too. */
  url: String(env.SIMULATE_WEBHOOK_URL),
  received: async () => (await (await fetch(shop.url)).json()) as { headers: Record<string, string>; text: string }[],
  forget: (failures = 0) => fetch(`${shop.url}/forget`, { method: 'POST', body: String(failures) }),
}
