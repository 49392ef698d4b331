/** The part of workerd's own module that the Worker uses. */
declare module 'cloudflare:workers' {
  export abstract class DurableObject<Env> {
    protected readonly ctx: import('./bindings.ts').DurableObjectState
    protected readonly env: Env
    constructor(ctx: import('./bindings.ts').DurableObjectState, env: Env)
  }

  export abstract class WorkerEntrypoint<Env> {
    protected readonly ctx: import('../src/gateway/index.ts').ExecutionContextLike
    protected readonly env: Env
    constructor(ctx: import('../src/gateway/index.ts').ExecutionContextLike, env: Env)
    fetch?(request: Request): Promise<Response>
  }
}
