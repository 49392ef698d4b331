import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openJournal } from '../../../../src/cli/gateway/listen/journal.ts'

let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-journal-'))
  file = join(folder, 'state')
})
afterEach(() => rm(folder, { recursive: true }))

/** Field 22 of `man proc_pid_stat`; the second is the name of the program, in parentheses, and may have spaces. */
const startOf = async (pid: number) =>
  (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\)/s, '2').split(' ')[20]

const HEAD = { gateway: 'https://pay.example.com', mchid: '1900000109' }
const open = (head: object = {}, forget = false) =>
  openJournal(file, { ...HEAD, ...head }, { createSecret: () => 'whsec_created', forget })
/** The position of an event, in the form that the journal begins with: of one ledger, or of two of which one stands still. */
const positions = {
  'one ledger': (seq: number) => `${seq}-1767225600000-0a1b2c3d`,
  shards: (seq: number) => `40-1767225600000-1a2b3c4d.${seq}-1767225600000-0a1b2c3d`,
}
const seqOf = (position: string | undefined) => Number(/(\d+)-\d+-\w+$/.exec(position ?? '0-0-0')![1])
const nameOf = (seq: number) => `evt_${seq}`

describe.each(Object.entries(positions))('the journal of a listener, of %s', (_, positionOf) => {
  it('continues behind the last event before which all are forwarded, and knows the later ones', async () => {
    const first = await open()
    expect(first.resumeAfter).toBeUndefined()
    for (const seq of [1, 2, 3, 4]) first.begin(positionOf(seq))
    for (const seq of [1, 3]) first.end(positionOf(seq), nameOf(seq))
    first.close()
    const second = await open()
    expect(second.resumeAfter).toBe(positionOf(1))
    expect([2, 3, 4].map(seq => second.isForwarded(nameOf(seq)))).toEqual([false, true, false])
    for (const seq of [2, 3]) {
      second.begin(positionOf(seq))
      second.end(positionOf(seq), nameOf(seq))
    }
    second.close()
    const third = await open()
    expect(third.resumeAfter).toBe(positionOf(3))
    expect(third.isForwarded(nameOf(3))).toBe(false)
    third.close()
  })

  it('loses nothing when the program is killed after any line, or the last line is cut off', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(9), { maxLength: 30 }), fc.nat(), async (order, cut) => {
        await rm(file, { force: true })
        const journal = await open()
        for (let seq = 1; seq <= 10; seq++) journal.begin(positionOf(seq))
        for (const at of new Set(order)) journal.end(positionOf(at + 1), nameOf(at + 1))
        journal.close()
        const text = await readFile(file, 'utf8')
        const head = text.indexOf('\n') + 1
        await writeFile(file, text.slice(0, head + (cut % (text.length - head + 1))))
        const again = await open()
        const ended = new Set([...order].map(at => at + 1))
        const resumeAt = seqOf(again.resumeAfter)
        // A cut leaves a position that an earlier line has named, whole.
        expect([undefined, ...Array.from({ length: 10 }, (_, at) => positionOf(at + 1))]).toContain(again.resumeAfter)
        // Every event that it takes for forwarded is forwarded.
        for (let seq = 1; seq <= resumeAt; seq++) expect(ended).toContain(seq)
        for (let seq = resumeAt + 1; seq <= 10; seq++) if (again.isForwarded(nameOf(seq))) expect(ended).toContain(seq)
        again.close()
      }),
      { numRuns: 60 },
    )
  })

  it('forgets the events that its position has passed, however often it is killed with one in flight', async () => {
    let seq = 1
    for (let run = 0; run < 4; run++) {
      const journal = await open()
      const first = seq
      for (let at = 0; at < 100; at++) journal.begin(positionOf(seq++))
      for (let at = first + 1; at < seq; at++) journal.end(positionOf(at), nameOf(at))
      journal.end(positionOf(first), nameOf(first))
      // One is in flight when the program is killed.
      journal.begin(positionOf(seq))
      journal.close()
    }
    const last = await open()
    expect(last.resumeAfter).toBe(positionOf(seq - 1))
    expect((await readFile(file, 'utf8')).match(/^done /gm)).toBeNull()
    last.close()
  })

  it('stays short however many events it has seen', async () => {
    const journal = await open()
    journal.begin(positionOf(1))
    for (let seq = 2; seq < 60_000; seq++) {
      journal.begin(positionOf(seq))
      journal.end(positionOf(seq), nameOf(seq))
      if (seq === 30_000) journal.end(positionOf(1), nameOf(1))
    }
    journal.close()
    expect((await readFile(file, 'utf8')).split('\n').length).toBeLessThan(50_000)
    const again = await open()
    expect(again.resumeAfter).toBe(positionOf(59_999))
    again.close()
  })

  it('keeps the secret from run to run, and does not store one that was given', async () => {
    const first = await open()
    expect(first.head.secret).toBe('whsec_created')
    first.close()
    const second = await open({ secret: 'whsec_given' })
    expect(second.head.secret).toBe('whsec_given')
    second.close()
    expect(await readFile(file, 'utf8')).not.toContain('given')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it('begins anew where that is asked for', async () => {
    const first = await open()
    first.begin(positionOf(1))
    first.end(positionOf(1), nameOf(1))
    first.close()
    const second = await open({}, true)
    expect([second.resumeAfter, second.isForwarded(nameOf(1))]).toEqual([undefined, false])
    second.close()
  })

  it('refuses the file of another merchant or gateway, and a file of something else', async () => {
    ;(await open()).close()
    await expect(open({ mchid: '1900000110' })).rejects.toThrow('is about 1900000109 at https://pay.example.com')
    await expect(open({ gateway: 'https://other.example' })).rejects.toThrow('Give another file')
    await writeFile(file, 'WECHATPAY_MCHID=1\n')
    await expect(open()).rejects.toThrow('is not a file of wechatpay-edge listen')
    expect(await readFile(file, 'utf8')).toBe('WECHATPAY_MCHID=1\n')
  })

  it.runIf(process.platform === 'linux')('takes over the lock of a process whose id another has by now', async () => {
    const pid = process.ppid
    await writeFile(`${file}.lock`, `${pid} ${await startOf(pid)}`)
    await expect(open()).rejects.toThrow(`remove ${file}.lock`)
    await writeFile(`${file}.lock`, `${pid} 1`)
    const journal = await open()
    expect(await readFile(`${file}.lock`, 'utf8')).toBe(`${process.pid} ${await startOf(process.pid)}`)
    journal.close()
  })

  it('is not shared by two listeners, and is taken over from one that has ended', async () => {
    const first = await open()
    await writeFile(`${file}.lock`, String(process.ppid))
    await expect(open()).rejects.toThrow(`process id ${process.ppid}`)
    first.close()
    await writeFile(`${file}.lock`, '99999999')
    const second = await open()
    second.close()
    await expect(stat(`${file}.lock`)).rejects.toThrow('ENOENT')
  })
})
