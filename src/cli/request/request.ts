import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { DRAFT, replaceAtomically } from '../../adapters/replace-atomically.ts'
import { splitPath } from '../../core/client/chain.ts'
import { prettyJson } from '../../core/codec/pretty-json.ts'
import type { Reply } from '../../core/index.ts'
import { traitOf } from '../../definitions/trait-of.ts'
import { type Command, CommandError, usageError, type Values } from '../command.ts'
import { replaceFile } from '../file.ts'
import { CERTIFICATES_OPTION, createCallingClient, ENV_OPTION, JSON_OPTION, KEYS_HELP } from '../merchant.ts'
import { escapeControls, singleLine, type Terminal } from '../terminal.ts'
import { readData } from './data.ts'
import { dryRun } from './dry-run.ts'
import { unknownEndpoint, withMeantPath } from './meant-path.ts'
import { readHeaders, readQuery } from './pairs.ts'

const METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

export const request: Command = {
  name: 'request',
  operands: '[method] <path>',
  description: `Calls any endpoint of APIv3 (v3/…) or APIv2 (v2/…) by its path. The call is signed and its sensitive fields are
encrypted; the response is verified, decrypted and printed as JSON. The default method is GET, and POST with data.`,
  options: [
    {
      name: 'data',
      short: 'd',
      value: '<data>',
      isRepeatable: true,
      description: `A field, key=value. A dotted key names a member: amount.total=100, list.0.name=tea.
The endpoint's definition decides whether a value is a number or text.
key:=json gives any JSON, key=@file the file to upload.
Or the complete body: '{json}', @file, @- for the standard input.`,
    },
    { name: 'query', short: 'q', value: '<key=value>', isRepeatable: true, description: 'A query parameter.' },
    { name: 'header', short: 'H', value: '<name: value>', isRepeatable: true, description: 'A header.' },
    { name: 'dry-run', description: 'Prints what would be signed and sent, and sends nothing.' },
    { name: 'out', short: 'o', value: '<file>', description: 'File to save the response in. A download requires it.' },
    CERTIFICATES_OPTION,
    ENV_OPTION,
    JSON_OPTION,
  ],
  epilogue: `For example:
  wechatpay-edge request v3/pay/transactions/native -d appid=wx… -d mchid=1900000109 -d out_trade_no=20260101001 \\
    -d description=Tea -d notify_url=https://example.com/notify -d amount.total=100
  wechatpay-edge request v3/pay/transactions/out-trade-no/20260101001 -q mchid=1900000109
  wechatpay-edge request v2/pay/orderquery -d appid=wx… -d mch_id=1900000109 -d out_trade_no=20260101001
${KEYS_HELP}`,

  async run(values, terminal, args) {
    const { method, path, query: own } = readTarget(args, values)
    const params = { ...own, ...readQuery(values.query as string[] | undefined) }
    const body = await readData(values.data as string[] | undefined, method, path)
    const headers = readHeaders(values.header as string[] | undefined)
    const { client, options } = await createCallingClient(values)
    const call = { method, path, ...(Object.keys(params).length > 0 && { params }), body, headers }
    if (values['dry-run']) {
      await dryRun(call, client, options, terminal, Boolean(values.json))
      const problem = unknownEndpoint(method, pathOf(path))
      if (problem !== undefined) terminal.warn(problem)
      return
    }

    const isFile = traitOf(method, pathOf(path)).response === 'file'
    if (isFile && values.out === undefined)
      throw usageError('The response to this call is a file. Give a file to save it in: -o <file>.')
    const { method: verb, path: filled, ...rest } = call
    const reply = await client.request(verb, filled, { ...rest, signal: terminal.stopped }).catch(error => {
      throw withMeantPath(error, verb, pathOf(filled))
    })
    await printReply(reply, values, terminal)
  },
}

/** Returns the path as in the definitions, without `/v2`. */
const pathOf = (path: string): string => `/${path}`.replace(/^\/v2(?=\/)/, '')

/** @throws {CommandError} */
function readTarget(
  args: readonly string[],
  values: Values,
): { method: string; path: string; query: Readonly<Record<string, string | readonly string[]>> } {
  const [first = '', ...rest] = args
  const isMethod = METHODS.includes(first.toUpperCase())
  const [target, ...more] = isMethod ? rest : args
  if (target === undefined) throw usageError('No path is given. For example: wechatpay-edge request v3/certificates')
  if (more.length)
    throw usageError(
      METHODS.includes(first.toUpperCase()) || /^\/?(?:v2|v3|brand)\//.test(first)
        ? `Give one path; ${JSON.stringify(more[0])} is a second one. Data follows -d.`
        : `${JSON.stringify(first)} is not a method. Use one of ${METHODS.join(', ')}.`,
    )
  const [path, query] = target.split(/\?(.*)/s)
  if (!/^\/?(?:v2|v3|brand)\//.test(path!))
    throw usageError(
      `The path ${singleLine(path!)} does not begin with v3/, v2/ or brand/. Give it without a host: v3/certificates, v2/pay/orderquery.`,
    )
  return {
    method: isMethod ? first.toUpperCase() : values.data === undefined ? 'GET' : 'POST',
    path: splitPath(path!).join('/'),
    query: readQuery(query ? [...new URLSearchParams(query)].map(pair => pair.join('=')) : undefined),
  }
}

async function printReply(reply: Reply<unknown>, { json, out }: Values, { print, warn }: Terminal): Promise<void> {
  const { data, status, requestId, verifiedBy } = reply
  const file = out as string | undefined
  const isStream = data instanceof ReadableStream
  if (isStream) await saveDownload(data as ReadableStream<Uint8Array>, file!)
  else if (file !== undefined) await replaceFile(file, `${prettyJson(data ?? null)}\n`)
  if (json)
    return print(
      escapeControls(prettyJson({ status, requestId, verifiedBy, ...(file === undefined ? { data } : { file }) })),
    )
  if (file === undefined && data !== undefined) print(escapeControls(prettyJson(data)))
  const proof = verifiedBy ? `verified by ${verifiedBy}` : 'unsigned, as such responses are'
  warn(singleLine([`HTTP ${status}`, proof, requestId && `Request-ID ${requestId}`, file].filter(Boolean).join(', ')))
}

/** Saves a download atomically. */
const saveDownload = (stream: ReadableStream<Uint8Array>, file: string): Promise<void> =>
  replaceAtomically(file, draft =>
    pipeline(Readable.fromWeb(stream as never), createWriteStream(draft, { mode: DRAFT.mode, flags: DRAFT.flag })),
  ).catch(error => {
    throw new CommandError(`${file} was not written: ${(error as Error).message}. Correct the path, or try again.`)
  })
