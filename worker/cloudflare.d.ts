/** What the Worker uses of workerd's own module. */
declare module 'cloudflare:workers' {
  export abstract class DurableObject<Env> {
    protected readonly ctx: import('./bindings.ts').DurableObjectState
    protected readonly env: Env
    constructor(ctx: import('./bindings.ts').DurableObjectState, env: Env)
  }

  export abstract class WorkerEntrypoint<Env> {
    protected readonly ctx: import('./answer.ts').Context
    protected readonly env: Env
    constructor(ctx: import('./answer.ts').Context, env: Env)
    fetch?(request: Request): Promise<Response>
  }
}
