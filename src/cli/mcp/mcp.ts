import process from 'node:process'
import type { NodeEnvironment } from '../../adapters/node.ts'
import { isLoopback } from '../../core/base/local-host.ts'
import { type Command, CommandError, usageError, type Values } from '../command.ts'
import { CERTIFICATES_OPTION, createOfflineClient, readEnvironment } from '../merchant.ts'
import type { McpGateway, McpKeys } from './context.ts'
import { createDemoShop } from './demo-shop.ts'

/** The variable with the token of the gateway. A token on the command line would show in the list of processes. */
const TOKEN_VARIABLE = 'WECHATPAY_GATEWAY_TOKEN'

export const mcp: Command = {
  name: 'mcp',
  description: `Serves tools for coding agents over standard input and output (Model Context Protocol): find and describe endpoints,
explain signatures, check notifications, run payments against a built-in simulator. Read-only, and with public demo
keys unless options say otherwise. Requires the package @modelcontextprotocol/server.`,
  options: [
    {
      name: 'env',
      value: '<file>',
      description: `File with a merchant's keys, to check messages and compare signatures with.
Signatures made with them are withheld, and personal fields masked. Default: demo keys.`,
    },
    CERTIFICATES_OPTION,
    {
      name: 'gateway',
      value: '<url>',
      description: `Gateway that makes real calls, within what its caller may do.
The caller's token is in ${TOKEN_VARIABLE}.`,
    },
    { name: 'allow-writes', description: 'Lets calls through the gateway change something. Default: only queries.' },
  ],
  epilogue: `In the configuration of an MCP client:
  {"mcpServers": {"wechatpay": {"command": "npx",
    "args": ["-y", "-p", "wechatpay-edge", "-p", "@modelcontextprotocol/server", "wechatpay-edge", "mcp"]}}}`,
  outlivesReader: true,

  async run(values, { stopped }) {
    const shop = await createDemoShop()
    const environment = values.env === undefined ? undefined : await readEnvironment(values)
    const keys: McpKeys = environment
      ? { kind: 'configured', ...(await createOfflineClient(values)) }
      : { kind: 'demo', client: shop.client, options: shop.options }
    const gateway = readGateway(values, environment)
    const allowWrites = Boolean(values['allow-writes'])
    if (allowWrites && !gateway)
      throw usageError('--allow-writes is for calls through a gateway, and none is given. Add --gateway <url>.')
    const { serveMcp } = await loadServer()
    await serveMcp({ keys, environment, gateway, allowWrites, shop, stopped })
  },
}

/** @throws {CommandError} */
function readGateway({ gateway: given }: Values, environment: NodeEnvironment | undefined): McpGateway | undefined {
  if (given === undefined) return undefined
  const url = URL.canParse(given as string) ? new URL(given as string) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.search || url.hash)
    throw usageError('--gateway must be a URL without user, query and fragment: https://gateway.example.com')
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    throw usageError('--gateway must begin with https://, because the token would travel in plain text.')
  const variables: Readonly<Record<string, string | undefined>> = { ...environment, ...process.env }
  const token = variables[TOKEN_VARIABLE]
  if (!token)
    throw new CommandError(
      `${TOKEN_VARIABLE} is missing. Set it to the token of a caller of the gateway; wechatpay-edge token creates one.`,
    )
  return { url: url.href.replace(/\/$/, ''), token }
}

/** @throws {CommandError} the package of the protocol is not installed */
async function loadServer(): Promise<typeof import('./server.ts')> {
  try {
    return await import('./server.ts')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'ERR_MODULE_NOT_FOUND' || !message.includes('@modelcontextprotocol/')) throw error
    throw new CommandError(
      'The package @modelcontextprotocol/server is not installed. Install it: npm install @modelcontextprotocol/server@2',
    )
  }
}
