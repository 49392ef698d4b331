import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import process from 'node:process'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { splitPath } from '../../core/chain.ts'
import { traitOf } from '../../core/endpoints/trait-of.ts'
import type { Reply } from '../../core/index.ts'
import { type Command, CommandError, usage, type Values } from '../command.ts'
import { replaceFile } from '../file.ts'
import { CERTIFICATES, ENV, JSON_OUTPUT, KEYS, readMerchant } from '../merchant.ts'
import { prettyJson } from '../pretty-json.ts'
import { plain, type Terminal } from '../terminal.ts'
import { readData } from './data.ts'
import { dryRun } from './dry-run.ts'
import { readHeaders, readQuery } from './pairs.ts'

const METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

export const request: Command = {
  name: 'request',
  takes: '[method] <path>',
  about: `Calls WeChat Pay: any endpoint of APIv3 (v3/…) or APIv2 (v2/…) by its path. The call is signed, what has to be sealed
is sealed, the answer is verified, opened and printed as JSON. GET, or with data POST, where no method is given.`,
  options: [
    {
      name: 'data',
      short: 'd',
      value: '<data>',
      many: true,
      text: `A field, key=value. A dotted key leads into it: amount.total=100, list.0.name=tea.
Whether a value is a number or text says the endpoint's definition.
key:=json gives any JSON, key=@file the file to upload.
Or the whole body: '{json}', @file, @- for what is piped in.`,
    },
    { name: 'query', short: 'q', value: '<key=value>', many: true, text: 'A query parameter.' },
    { name: 'header', short: 'H', value: '<name: value>', many: true, text: 'A header.' },
    { name: 'dry-run', text: 'Shows what would be signed and sent. Nothing is sent.' },
    { name: 'out', short: 'o', value: '<file>', text: 'Where the answer goes. What is downloaded needs it.' },
    CERTIFICATES,
    ENV,
    JSON_OUTPUT,
  ],
  more: `For example:
  wechatpay-edge request v3/pay/transactions/native -d appid=wx… -d mchid=1900000109 -d out_trade_no=20260101001 \\
    -d description=Tea -d notify_url=https://example.com/notify -d amount.total=100
  wechatpay-edge request v3/pay/transactions/out-trade-no/20260101001 -q mchid=1900000109
  wechatpay-edge request v2/pay/orderquery -d appid=wx… -d mch_id=1900000109 -d out_trade_no=20260101001
${KEYS}`,

  async run(values, terminal, args) {
    const { method, path, query: own } = readTarget(args, values)
    const params = { ...own, ...readQuery(values.query as string[] | undefined) }
    const body = await readData(values.data as string[] | undefined, method, path)
    const headers = readHeaders(values.header as string[] | undefined)
    const { client, options } = await readMerchant(values)
    const call = { method, path, ...(Object.keys(params).length > 0 && { params }), body, headers }
    if (values['dry-run']) return dryRun(call, client, options, terminal, Boolean(values.json))

    const isFile = traitOf(method, pathOf(path)).response === 'file'
    if (isFile && values.out === undefined)
      throw usage('What this call answers is a file. Say where it goes: -o <file>.')
    const { method: verb, path: filled, ...rest } = call
    const reply = await client.request(verb, filled, { ...rest, signal: terminal.stopped })
    await show(reply, values, terminal)
  },
}

/** Without `/v2`, as a definition has it. */
const pathOf = (path: string): string => `/${path}`.replace(/^\/v2(?=\/)/, '')

/** @throws {CommandError} */
function readTarget(
  args: readonly string[],
  values: Values,
): { method: string; path: string; query: Readonly<Record<string, string | readonly string[]>> } {
  const [first = '', ...rest] = args
  const isMethod = METHODS.includes(first.toUpperCase())
  const [target, ...more] = isMethod ? rest : args
  if (target === undefined) throw usage('Which path? For example: wechatpay-edge request v3/certificates')
  if (more.length)
    throw usage(
      METHODS.includes(first.toUpperCase()) || /^\/?v[23]\//.test(first)
        ? `One path at a time, not ${JSON.stringify(more[0])} too. Data goes behind -d.`
        : `${JSON.stringify(first)} is no method. There are: ${METHODS.join(', ')}.`,
    )
  const [path, query] = target.split(/\?(.*)/s)
  if (!/^\/?v[23]\//.test(path!))
    throw usage(
      `A path begins with v3/ or v2/, without a host: v3/certificates, v2/pay/orderquery. ${plain(path!)} does not.`,
    )
  return {
    method: isMethod ? first.toUpperCase() : values.data === undefined ? 'GET' : 'POST',
    path: splitPath(path!).join('/'),
    query: readQuery(query ? [...new URLSearchParams(query)].map(pair => pair.join('=')) : undefined),
  }
}

async function show(reply: Reply<unknown>, { json, out }: Values, { print, warn }: Terminal): Promise<void> {
  const { data, status, requestId, verifiedBy } = reply
  const file = out as string | undefined
  const isStream = data instanceof ReadableStream
  if (isStream) await download(data as ReadableStream<Uint8Array>, file!)
  else if (file !== undefined) await replaceFile(file, `${prettyJson(data ?? null)}\n`)
  if (json) return print(prettyJson({ status, requestId, verifiedBy, ...(file === undefined ? { data } : { file }) }))
  if (file === undefined && data !== undefined) print(prettyJson(data))
  const proof = verifiedBy ? `verified by ${verifiedBy}` : 'unsigned, as such answers are'
  warn(plain([`HTTP ${status}`, proof, requestId && `Request-ID ${requestId}`, file].filter(Boolean).join(', ')))
}

/** Whole or not at all. */
async function download(stream: ReadableStream<Uint8Array>, file: string): Promise<void> {
  const draft = `${file}.${process.pid}.tmp`
  try {
    await pipeline(Readable.fromWeb(stream as never), createWriteStream(draft, { mode: 0o600 }))
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {})
    throw new CommandError(`${file} is not written: ${(error as Error).message}. Mend its path, or try again.`)
  }
}
