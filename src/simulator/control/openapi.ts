import type { Action } from './action.ts'
import { CONTROL_PATH } from './action.ts'
import type { InputField, InputFields } from './input.ts'

const SCHEMAS: Readonly<Record<InputField['kind'], object>> = {
  text: { type: 'string', minLength: 1 },
  integer: { type: 'integer' },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  object: { type: 'object' },
  texts: { type: 'array', items: { type: 'string', minLength: 1 } },
}

const schemaOf = ({ kind, values }: InputField): object => ({ ...SCHEMAS[kind], ...(values && { enum: values }) })

/** Describes the control API as OpenAPI 3.1, from the table of its actions, for clients in other languages. */
export function describeControlApi(actions: readonly Action[]): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const action of actions) {
    const path = CONTROL_PATH + action.path
    paths[path] = { ...paths[path], [action.method.toLowerCase()]: operationOf(action) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Control API of the WeChat Pay simulator',
      version: '1',
      description:
        'Acts for the shopper, the bank and the clock. An action applies to the first merchant; with /simulator/merchants/{mchid} instead of /simulator it applies to another. With /ns/{namespace} before the path it applies to a namespace.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [],
    tags: TAGS.map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: {
        Error: {
          type: 'object',
          required: ['code', 'message'],
          properties: {
            code: { type: 'string' },
            message: { type: 'string' },
            message_zh: {
              type: 'string',
              description: 'The message in Chinese with which the simulated API responds, if it refuses.',
            },
          },
        },
      },
      responses: {
        Refused: {
          description: 'The input is wrong, there is no such record, or its state does not admit the action.',
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
        },
      },
    },
  }
}

const TAGS = [
  ['read', 'Shows and changes nothing.'],
  ['act', 'Changes the state of the simulator.'],
] as const

function operationOf({ method, path, parameters, query = {}, description, responds = 'json' }: Action): object {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
  const located = [
    ...names.map(name => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    ...Object.entries(query).map(([name, field]) => ({
      name,
      in: 'query',
      required: !field.optional,
      schema: schemaOf(field),
    })),
  ]
  return {
    operationId: operationIdOf(method, path),
    tags: [method === 'GET' ? 'read' : 'act'],
    summary: description,
    ...(located.length > 0 && { parameters: located }),
    ...bodyOf(method, parameters),
    responses: { ...SUCCESSES[responds], '4XX': { $ref: '#/components/responses/Refused' } },
  }
}

const SUCCESSES: Readonly<Record<NonNullable<Action['responds']>, object>> = {
  json: {
    200: { description: 'The record, or what it asks for.', content: { 'application/json': { schema: {} } } },
    204: { description: 'Done.' },
  },
  events: {
    200: { description: 'Server-sent events.', content: { 'text/event-stream': { schema: { type: 'string' } } } },
  },
  tar: { 200: { description: 'The archive.', content: { 'application/x-tar': { schema: { type: 'string' } } } } },
}

function bodyOf(method: Action['method'], parameters: InputFields | undefined): object {
  if (method !== 'POST') return {}
  const fields = Object.entries(parameters ?? {})
  if (parameters && fields.length === 0) return {}
  const required = fields.filter(([, { optional }]) => !optional).map(([name]) => name)
  const schema = {
    type: 'object',
    properties: Object.fromEntries(fields.map(([name, field]) => [name, schemaOf(field)])),
    ...(required.length > 0 && { required }),
    // An action without a table of its fields checks them itself.
    ...(parameters && { additionalProperties: false }),
  }
  return { requestBody: { required: required.length > 0, content: { 'application/json': { schema } } } }
}

/** Returns a name for functions of a client: `postNotificationsIdRepeat`. */
const operationIdOf = (method: string, path: string): string =>
  method.toLowerCase() +
  (path === '' ? '/simulator' : path).replace(/[^a-zA-Z\d]+(\w?)/g, (_, letter: string) => letter.toUpperCase())
