import type { WechatpayOptions } from '../core/index.ts'

/** Makes a client's options of an environment, with what the runtime lends: files, client certificates, a cache. */
export type ReadOptions = (environment: Readonly<Record<string, string | undefined>>) => WechatpayOptions

/** The adapter of the runtime that this is. */
export async function runtimeOptions(): Promise<ReadOptions> {
  if ('Deno' in globalThis) return (await import('../adapters/deno.ts')).optionsFrom
  if ('Bun' in globalThis) return (await import('../adapters/bun.ts')).optionsFrom
  return (await import('../adapters/node.ts')).optionsFrom
}
