/** What the tests use of workerd's own modules, beside what the Worker does. */
declare module 'cloudflare:workers' {
  /** The Worker of wrangler.toml, called from outside. */
  export const exports: { default: { fetch: typeof fetch } }
}

declare module 'cloudflare:test' {
  interface Context {
    waitUntil(work: Promise<unknown>): void
    passThroughOnException(): void
  }
  export function createExecutionContext(): Context
  export function waitOnExecutionContext(context: Context): Promise<void>
  export function createMessageBatch(
    queue: string,
    messages: readonly { id: string; timestamp: Date; attempts: number; body: unknown }[],
  ): import('../../worker/bindings.ts').MessageBatch<never>
  export function getQueueResult(
    batch: unknown,
    context: Context,
  ): Promise<{ explicitAcks: string[]; retryMessages: { msgId: string; delaySeconds?: number }[] }>
  export function reset(): Promise<void>
}
