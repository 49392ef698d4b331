/** The context of the tools, as the command makes it without options; a test replaces parts of it. */
import type { McpContext } from '../../../src/cli/mcp/context.ts'
import { createDemoShop } from '../../../src/cli/mcp/demo-shop.ts'
import { runTool } from '../../../src/cli/mcp/server.ts'
import { TOOLS } from '../../../src/cli/mcp/tools.ts'

export interface TestTools {
  readonly context: McpContext
  /** Runs a tool, as the server does. */
  run(name: string, input?: unknown): Promise<TestAnswer>
}

export interface TestAnswer {
  readonly isError: boolean
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  readonly value: any
  readonly text: string
}

export async function createTestTools(
  changes: Partial<McpContext> = {},
  secrets: readonly string[] = [],
): Promise<TestTools> {
  const shop = changes.shop ?? (await createDemoShop())
  const context: McpContext = {
    keys: { kind: 'demo', client: shop.client, options: shop.options },
    environment: undefined,
    gateway: undefined,
    allowWrites: false,
    shop,
    stopped: new AbortController().signal,
    ...changes,
  }
  return {
    context,
    async run(name, input = {}) {
      const tool = TOOLS.find(candidate => candidate.name === name)!
      const { isError = false, structuredContent, content } = await runTool(tool, input, context, secrets)
      return { isError, value: structuredContent, text: content[0]!.text }
    },
  }
}
