/** The program `wechatpay-edge mcp` as MCP clients start it, and the clients of the official SDKs that talk to it. */
import { resolve } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'

export interface McpClient extends AsyncDisposable {
  readonly client: Client
  /** Calls a tool, and returns its structured result. */
  call(name: string, input?: Record<string, unknown>): Promise<ToolAnswer>
  /** The lines of the program on standard error. */
  readonly errors: () => string
}

export interface ToolAnswer {
  readonly isError: boolean
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  readonly value: any
  readonly text: string
}

/** The command line of the program, to be started with `process.execPath`. */
export const programArguments = (...options: string[]): string[] => [resolve('src/cli/main.ts'), 'mcp', ...options]

/**
 * Starts the program and connects to it.
 *
 * @param environment variables besides PATH
 */
export async function startMcp(options: string[] = [], environment: Record<string, string> = {}): Promise<McpClient> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: programArguments(...options),
    env: { PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? '', ...environment },
    stderr: 'pipe',
  })
  let errors = ''
  transport.stderr?.on('data', data => {
    errors += data
  })
  const client = new Client({ name: 'test', version: '1.0.0' })
  await client.connect(transport)
  return {
    client,
    async call(name, input = {}) {
      const { content, structuredContent, isError = false } = await client.callTool({ name, arguments: input })
      const [block] = content as { type: string; text: string }[]
      return { isError: Boolean(isError), value: structuredContent, text: block!.text }
    },
    errors: () => errors,
    [Symbol.asyncDispose]: () => client.close(),
  }
}
