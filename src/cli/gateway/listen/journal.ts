import { randomUUID } from 'node:crypto'
import { closeSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { parsePosition } from '../../../gateway/admin/event-stream.ts'
import { CommandError } from '../../command.ts'
import { readFileIfExists, replaceFile } from '../../file.ts'
import { lockFile } from './lock-file.ts'

/** The gateway and merchant that a journal is about, and the secret that signs what is forwarded. */
export interface JournalHead {
  readonly gateway: string
  readonly mchid: string
  /** Absent if the secret comes from the environment. */
  readonly secret?: string | undefined
}

/** The record of forwarded events, in a file that survives the end of the program at any moment. */
export interface Journal {
  readonly head: JournalHead
  /** The position after which to continue: all events up to it are forwarded. Undefined at the first start. */
  readonly resumeAfter: string | undefined
  /** Returns whether an event that the position has not passed yet was forwarded, in this run or an earlier one. */
  isForwarded(webhookId: string): boolean
  /** Records the next position of the stream, whose event is to be forwarded. */
  begin(position: string): void
  /**
   * Records that the event at a position was forwarded, or that there is none. Writes to the file before it returns.
   *
   * @param webhookId names the event in later runs: where a ledger is sharded, its position differs from run to run
   */
  end(position: string, webhookId?: string): void
  close(): void
}

/** Lines after which the file is written anew, because most of them are obsolete. */
const MAX_LINES = 50_000

interface JournalState {
  readonly at: string | undefined
  /** The webhook ids of events behind `at` that are forwarded. */
  readonly done: Set<string>
  readonly secret?: string | undefined
}

/**
 * Opens the journal of a listener, and locks it. The first line of the file is the head. Each further line is a position up to which all
 * events are forwarded (`at`), or the webhook id of a later event that is forwarded too (`done`); a position that passes such events
 * repeats their ids, which are then forgotten.
 *
 * @param head a secret in the file takes the place of a missing one, so that it stays the same from run to run
 * @param createSecret called if there is none in either
 * @param forget begins without a position
 * @throws {CommandError} the file is another listener's, or cannot be read or written
 */
export async function openJournal(
  file: string,
  head: JournalHead,
  { createSecret, forget }: { readonly createSecret: () => string; readonly forget: boolean },
): Promise<Journal> {
  const lock = lockFile(file)
  try {
    const saved = await readJournal(file, head)
    const secret = saved.secret ?? createSecret()
    const state: JournalState = forget ? { at: undefined, done: new Set() } : saved
    const complete = { ...head, secret: head.secret ?? secret }
    // A secret of the environment stays there.
    const journal = await createJournal(file, { ...head, secret }, state)
    return {
      ...journal,
      head: complete,
      close() {
        journal.close()
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** @throws {CommandError} */
async function readJournal(file: string, { gateway, mchid }: JournalHead): Promise<JournalState> {
  const content = await readFileIfExists(file)
  if (content === undefined) return { at: undefined, done: new Set() }
  const [first = '', ...rest] = content.toString().split('\n')
  const saved = parseHead(first)
  if (!saved) throw new CommandError(`--state: ${file} is not a file of wechatpay-edge listen. Give another one.`)
  if (saved.gateway !== gateway || saved.mchid !== mchid)
    throw new CommandError(
      `--state: ${file} is about ${saved.mchid} at ${saved.gateway}. Give another file for ${mchid} at ${gateway}, or remove it.`,
    )
  let at: string | undefined
  const done = new Set<string>()
  // After a power cut the last line may be incomplete; otherwise nothing stands behind the last line feed.
  for (const line of rest.slice(0, -1)) {
    const [kind, value = '', ...passed] = line.split(' ')
    if (kind === 'done' && value !== '') done.add(value)
    if (kind !== 'at' || !parsePosition(value)) continue
    at = value
    for (const id of passed) done.delete(id)
  }
  return { at, done, secret: saved.secret }
}

function parseHead(line: string): JournalHead | undefined {
  try {
    const { gateway, mchid, secret } = Object(JSON.parse(line)) as Record<string, unknown>
    if (typeof gateway !== 'string' || typeof mchid !== 'string') return undefined
    return { gateway, mchid, ...(typeof secret === 'string' && { secret }) }
  } catch {
    return undefined
  }
}

async function createJournal(file: string, head: JournalHead, saved: JournalState): Promise<Omit<Journal, 'head'>> {
  /** The positions that are not passed yet, in the order of the stream. */
  const open = new Map<string, { readonly isDone: boolean; readonly webhookId?: string | undefined }>()
  const { done } = saved
  let { at } = saved
  let lines = 0

  function writeWhole(): string {
    const position = at === undefined ? [] : [`at ${at}`]
    return [JSON.stringify(head), ...position, ...Array.from(done, id => `done ${id}`), ''].join('\n')
  }
  await replaceFile(file, writeWhole())
  let descriptor = openSync(file, 'a')

  function append(line: string): void {
    writeSync(descriptor, `${line}\n`)
    lines++
    if (lines < MAX_LINES) return
    // A crash before the renaming leaves the old file, which says the same.
    // A name that nobody can guess, and no file that exists: a link there would lead the secret elsewhere.
    const draft = `${file}.${randomUUID()}.tmp`
    writeFileSync(draft, writeWhole(), { mode: 0o600, flag: 'wx' })
    renameSync(draft, file)
    closeSync(descriptor)
    descriptor = openSync(file, 'a')
    lines = 0
  }

  return {
    resumeAfter: at,
    isForwarded: webhookId => done.has(webhookId),
    begin: position => void open.set(position, { isDone: false }),
    end(position, webhookId) {
      open.set(position, { isDone: true, webhookId })
      const before = at
      const passed: string[] = []
      for (const [first, { isDone, webhookId: id }] of open) {
        if (!isDone) break
        at = first
        open.delete(first)
        if (id !== undefined && done.delete(id)) passed.push(id)
      }
      if (at !== before) append(['at', at, ...passed].join(' '))
      if (at !== before || webhookId === undefined || done.has(webhookId)) return
      done.add(webhookId)
      append(`done ${webhookId}`)
    },
    close: () => closeSync(descriptor),
  }
}
