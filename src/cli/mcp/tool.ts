import type { McpContext } from './context.ts'

/** A schema of JSON Schema 2020-12 for the input of a tool. */
export type InputSchema = Readonly<Record<string, unknown>>

/** A tool that an MCP client calls by its name. */
export interface Tool {
  readonly name: string
  readonly title: string
  /** Tells a model when to call the tool, and what it returns. */
  readonly description: string
  /** The members of the input. None besides them is accepted. */
  readonly properties: Readonly<Record<string, InputSchema>>
  readonly required?: readonly string[]
  /** Where the tool acts: in this process, or on a service that is real to somebody. */
  readonly reach: 'this process' | 'the network'
  /** The tool may change something outside this process. */
  readonly changes?: boolean
  /** @throws {ToolError | CommandError | WechatpayError} */
  run(input: ToolInput, context: McpContext): Promise<object>
}

/** The input of a tool, checked against its schema. */
export type ToolInput = Readonly<Record<string, unknown>>

/** Schemas that several tools share. */
export const METHOD: InputSchema = { type: 'string', enum: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] }
export const PATH: InputSchema = {
  type: 'string',
  minLength: 4,
  maxLength: 1024,
  pattern: '^/?(v2|v3|brand)/',
  description: 'Path that begins with v3/, v2/ or brand/, filled in, without a host and without a query.',
}
export const QUERY: InputSchema = {
  type: 'object',
  maxProperties: 50,
  additionalProperties: { type: ['string', 'number', 'boolean'], maxLength: 2048 },
  description: 'Query parameters by name.',
}
export const BODY: InputSchema = {
  type: ['object', 'string'],
  maxProperties: 200,
  maxLength: 65_536,
  description:
    'Fields of the body in plain text, in APIv2 too; fields that WeChat Pay wants encrypted are encrypted. Or the body as JSON text, for integers beyond 2^53.',
}
