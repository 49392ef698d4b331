/** The parts of workerd's own modules that the tests use, in addition to the Worker's. */
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
  /** A Durable Object, from outside. */
  interface Stub {
    carryOut(method: string, given: readonly unknown[]): Promise<unknown>
  }
  /** Does something where a Durable Object is, with its storage. */
  export function runInDurableObject<Result>(
    stub: Stub,
    act: (
      object: import('../../worker/ledger.ts').LedgerObject,
      state: import('../../worker/bindings.ts').DurableObjectState & { abort(reason?: string): void },
    ) => Result | Promise<Result>,
  ): Promise<Result>
  /** Takes a Durable Object out of memory. Its storage stays. */
  export function evictDurableObject(stub: Stub): Promise<void>
  /** Lists the objects that a namespace has, those that only a look has made too. */
  export function listDurableObjectIds(
    namespace: import('../../worker/bindings.ts').DurableObjectNamespace,
  ): Promise<{ toString(): string }[]>
  /** Lets an alarm strike before its time. @returns false when none is set */
  export function runDurableObjectAlarm(stub: Stub): Promise<boolean>
}

/** The text of a file, by Vite. */
declare module '*?raw' {
  const text: string
  export default text
}
