import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { run } from '../../src/cli/run.ts'
import { openDatabase } from '../../src/storage/sqlite.ts'
import { localLedger } from '../../src/storage/sqlite-ledger.ts'

let folder: string
let data: string
let made = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-ledger-'))
  await writeFile(join(folder, '.env'), '')
})
afterAll(() => rm(folder, { recursive: true }))

const newFile = (ending: string) => join(folder, `${made++}.${ending}`)

async function say(argv: readonly string[], stopped = new AbortController().signal) {
  const [out, errors]: [string[], string[]] = [[], []]
  const terminal = { print: (line: string) => out.push(line), warn: (line: string) => errors.push(line), stopped }
  const code = await run(COMMANDS, ['ledger', ...argv, '--env', join(folder, '.env')], terminal)
  return { code, out: out.join('\n'), errors: errors.join('\n') }
}

const event = (number: number) => ({
  mchid: '1900000109',
  api: 'v3' as const,
  id: `E${number}`,
  event: 'TRANSACTION.SUCCESS',
  resource: JSON.stringify({ out_trade_no: `T${number}`, payer: { openid: 'oPerson' } }),
  subject: `transaction_id/${number}`,
  dedupeKey: `transaction_id/${number}/SUCCESS`,
  source: 'notification' as const,
  createdAt: 0,
  nonce: `nonce ${number}`,
  endpoints: ['shop'],
})

async function withLedger<T>(file: string, use: (ledger: ReturnType<typeof localLedger>) => Promise<T>): Promise<T> {
  const database = await openDatabase(file)
  try {
    return await use(localLedger(database, () => 1_000_000))
  } finally {
    await database.close()
  }
}

beforeEach(async () => {
  data = newFile('db')
  await withLedger(data, async ledger => {
    for (let number = 0; number < 250; number++) await ledger.recordEvent(event(number))
  })
})

describe('wechatpay-edge ledger', () => {
  it('moves a ledger by a file that only its owner can read; a notification that comes again is a duplicate there', async () => {
    const file = newFile('jsonl')
    const exported = await say(['export', file, '--data', data])
    expect(exported).toEqual({
      code: 0,
      out: `${file}: exported. Rows: event 250, delivery 250.`,
      errors: '',
    })
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
    expect(lines).toHaveLength(502)
    for (const line of lines) expect(() => JSON.parse(line)).not.toThrow()
    expect((await say(['verify', file])).out).toBe(`${file}: verified. Rows: event 250, delivery 250.`)

    const copy = newFile('db')
    expect(await say(['import', file, '--data', copy])).toMatchObject({ code: 0, errors: '' })
    await withLedger(copy, async ledger => {
      expect(await ledger.recordEvent({ ...event(7), nonce: 'another' })).toMatchObject({
        outcome: 'duplicate',
        seq: 8,
      })
      expect(await ledger.recordEvent(event(8))).toMatchObject({ outcome: 'replayed' })
      expect(await ledger.recordEvent(event(900))).toMatchObject({ outcome: 'recorded', seq: 251 })
    })
  })

  it('creates no ledger for a file that it cannot read', async () => {
    const target = newFile('db')
    const missing = newFile('jsonl')
    expect(await say(['import', missing, '--data', target])).toMatchObject({
      code: 1,
      errors: expect.stringContaining(`There is no file ${missing}. Name one that ledger export has written.`),
    })
    expect(await say(['import', folder, '--data', target])).toMatchObject({
      code: 1,
      errors: expect.stringContaining(`${folder} is a folder.`),
    })
    expect(await readdir(folder)).not.toContain(basename(target))
  })

  it.each([
    ['damaged', (text: string) => text.replace('E40', 'E41'), /^line 42: is not as it was exported/],
    ['cut off', (text: string) => text.slice(0, text.lastIndexOf('{')), /^line \d+: /],
    ['empty', () => '', /^line 1: /],
    ['foreign', () => '{"a":1}\n', /^line 1: /],
    ['no text', () => '\u0000\ufffd\n', /^line 1: /],
  ])('leaves nothing behind for a file that it refuses: %s', async (_, change, reason) => {
    const [file, target, existing] = [newFile('jsonl'), newFile('db'), newFile('db')]
    await say(['export', file, '--data', data])
    await writeFile(file, change(await readFile(file, 'utf8')))
    await withLedger(existing, ledger => ledger.recordEvent(event(1)))
    const before = (await readdir(folder)).sort()
    const bytes = await readFile(existing)
    for (const ledger of [target, existing])
      expect(await say(['import', file, '--data', ledger])).toEqual({
        code: 1,
        out: '',
        errors: expect.stringMatching(reason),
      })
    expect((await readdir(folder)).sort()).toEqual(before)
    expect(await readFile(existing)).toEqual(bytes)
  })

  it('continues an import that was stopped, and a gateway refuses the ledger until then', async () => {
    const file = newFile('jsonl')
    await say(['export', file, '--data', data])
    const copy = newFile('db')
    const early = await say(['import', file, '--data', copy], AbortSignal.abort())
    expect([early.code, early.errors, existsSync(copy)]).toEqual([
      1,
      `Stopped before ${file} was read to its end. Nothing was imported.`,
      false,
    ])
    const stop = new AbortController()
    const stopping = say(['import', file, '--data', copy], stop.signal)
    while (!existsSync(copy)) await setImmediate()
    stop.abort()
    const stopped = await stopping
    expect(stopped.code).toBe(1)
    expect(stopped.errors).toBe(`Stopped after line 101 of ${file}. Run the same command again: it continues there.`)
    await expect(withLedger(copy, async () => {})).rejects.toThrow('LEDGER_INCOMPLETE')
    const part = newFile('jsonl')
    const partly = await say(['export', part, '--data', copy])
    expect([partly.code, partly.errors, existsSync(part)]).toEqual([1, expect.stringContaining('has not ended'), false])
    expect(await say(['import', file, '--data', copy])).toEqual({
      code: 0,
      out: `${file}: imported. Rows: event 250, delivery 250.`,
      errors: 'Continued after line 101.',
    })
    const again = await say(['import', file, '--data', copy])
    expect([again.code, again.errors]).toEqual([1, expect.stringContaining('the ledger has rows of event already')])
  })

  it('an export never replaces a database, least of all the ledger that it reads', async () => {
    const before = await readFile(data)
    expect(await say(['export', data, '--data', data, '--force'])).toEqual({
      code: 1,
      out: '',
      errors: `${data} is a database, perhaps a ledger. Name another file: an export does not replace it.`,
    })
    expect(await readFile(data)).toEqual(before)
    const onFolder = await say(['export', folder, '--data', data, '--force'])
    expect([onFolder.code, onFolder.errors]).toEqual([1, expect.stringContaining(folder)])
    expect(onFolder.errors).not.toContain('at ')
  })

  it('a file that was changed is refused with its line, and not a row of it is imported', async () => {
    const file = newFile('jsonl')
    await say(['export', file, '--data', data])
    const lines = (await readFile(file, 'utf8')).split('\n')
    await writeFile(file, lines.with(41, lines[41]!.replace('E40', 'E41')).join('\n'))
    const copy = newFile('db')
    const refused = await say(['import', file, '--data', copy])
    expect([refused.code, refused.errors]).toEqual([1, expect.stringMatching(/^line 42: is not as it was exported/)])
    expect(refused.errors).not.toContain('oPerson')
    expect((await say(['verify', file])).code).toBe(1)
    await withLedger(copy, async ledger => expect(await ledger.recordEvent(event(0))).toMatchObject({ seq: 1 }))
  })

  it('an export that is stopped leaves no file, and does not replace an earlier one', async () => {
    const file = newFile('jsonl')
    await writeFile(file, 'earlier')
    const { code, errors } = await say(['export', file, '--data', data, '--force'], AbortSignal.abort())
    expect([code, errors]).toEqual([1, `Stopped. ${file} was not written; run the export again.`])
    expect(await readFile(file, 'utf8')).toBe('earlier')
    expect((await readdir(folder)).filter(name => name.endsWith('.tmp'))).toEqual([])
  })

  it('an export replaces a file only with --force', async () => {
    const file = newFile('jsonl')
    await writeFile(file, 'earlier')
    expect(await say(['export', file, '--data', data])).toEqual({
      code: 1,
      out: '',
      errors: `${file} exists. Name another file, or replace it with --force.`,
    })
    expect(await readFile(file, 'utf8')).toBe('earlier')
    expect(await say(['export', file, '--data', data, '--force'])).toMatchObject({ code: 0, errors: '' })
    expect((await say(['verify', file])).code).toBe(0)
  })

  it('an export of a database without a ledger is refused', async () => {
    const empty = newFile('db')
    await writeFile(empty, '')
    const { code, errors } = await say(['export', newFile('jsonl'), '--data', empty])
    expect([code, errors]).toEqual([1, expect.stringContaining(`LEDGER_MISSING: ${empty} has no ledger.`)])
  })

  it('refuses the URL of another database, and creates no file for it', async () => {
    const { code, errors } = await say(['export', newFile('jsonl'), '--data', 'mysql://u:s3cret@h/db'])
    expect([code, errors]).toEqual([1, expect.stringContaining('GATEWAY_DATA: mysql:// is no ledger.')])
    expect(errors).not.toContain('s3cret')
  })

  it('refuses a ledger that a gateway has open, and says to stop it', async () => {
    const database = await openDatabase(data)
    try {
      const { code, errors } = await say(['export', newFile('jsonl'), '--data', data])
      expect([code, errors]).toEqual([1, `--data: ${data} is open in another process. Stop the gateway first.`])
    } finally {
      await database.close()
    }
  })

  it.each([
    [[], 2, 'Say what to do: wechatpay-edge ledger export|import|verify <file>, or abandon.'],
    [['copy', 'x'], 2, 'Say what to do: wechatpay-edge ledger export|import|verify <file>, or abandon.'],
    [['exprot', 'x'], 2, '"exprot" is nothing that ledger does. Is export meant?'],
    [['abandon', 'x'], 2, 'abandon takes no file, but --gateway.'],
    [
      ['abandon'],
      2,
      'abandon is for a Worker: give --gateway. An unfinished import into a file or a schema is deleted with it.',
    ],
    [['export'], 2, 'Name one file: wechatpay-edge ledger export ledger.jsonl.'],
    [['export', 'a', 'b'], 2, 'Name one file: wechatpay-edge ledger export ledger.jsonl.'],
    [
      ['export', 'a', '--data', '/nowhere/x.db'],
      1,
      '--data: there is no ledger /nowhere/x.db. Name the one that serve uses.',
    ],
    [
      ['export', 'a', '--gateway', 'https://pay.example.com', '--data', 'x.db'],
      2,
      'Give --gateway or --data: they are two ledgers.',
    ],
    [['verify', '/nowhere/x.jsonl'], 1, 'There is no file /nowhere/x.jsonl. Name one that ledger export has written.'],
  ])('%j is refused: exit %d', async (argv, code, errors) => {
    expect(await say(argv)).toEqual({ code, out: '', errors })
  })
})
