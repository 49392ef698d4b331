/** Random edits of messages and keys: whatever somebody pastes, there is a finding and never an exception. */
import { expect, test } from 'vitest'
import { errorWordsEn, errorWordsZh } from '../../src/console/workbench/error-words.ts'
import { findingWords } from '../../src/console/workbench/finding-words.ts'
import { findingWordsZh } from '../../src/console/workbench/finding-words-zh.ts'
import { analyse } from '../../src/diagnosis/analyse.ts'
import { describeFinding } from '../../src/diagnosis/finding.ts'
import { readKeys } from '../../src/diagnosis/keys/read.ts'
import { FormatError } from '../../src/diagnosis/pasted/format-error.ts'
import { readPasted } from '../../src/diagnosis/pasted/read.ts'
import { createRandom } from '../load/random.ts'
import {
  APIV2_KEY,
  APIV3_KEY,
  authorization,
  http,
  KEYS,
  notificationBody,
  ORDER,
  platformHeaders,
  signV2,
  TIME,
  URL,
  xml,
} from './signed-messages.ts'

const BODY = notificationBody()
const FIELDS = { appid: 'wx1', body: 'test', mch_id: '1', nonce_str: 'n' }
const MESSAGES = [
  http('POST /notify HTTP/1.1', platformHeaders(BODY), BODY),
  http(`POST ${URL} HTTP/1.1`, { Authorization: authorization('POST', URL, ORDER) }, ORDER),
  xml({ ...FIELDS, sign: signV2(FIELDS) }),
  `curl 'https://api.mch.weixin.qq.com${URL}' -H 'Authorization: ${authorization('POST', URL, ORDER)}' -d '${ORDER}'`,
  JSON.stringify({
    log: {
      entries: [
        { request: { method: 'POST', url: `https://a/v3/x`, headers: [], postData: {} }, response: { status: 1 } },
      ],
    },
  }),
]
const PIECES = [
  '',
  '\n',
  '"',
  '{',
  '}',
  '<',
  '>',
  '\0',
  '\ud800',
  '__proto__',
  '-',
  '=',
  ':',
  '茶',
  '9'.repeat(20),
  "'",
  '\\',
  '[',
]
const draw = createRandom(7)
const random = (below: number): number => Math.floor(draw() * below)

/** Replaces a few parts of a text by others. */
function edit(text: string): string {
  let edited = text
  for (let count = random(3); count >= 0; count--) {
    const at = random(edited.length + 1)
    edited = edited.slice(0, at) + PIECES[random(PIECES.length)] + edited.slice(at + random(8))
  }
  return edited
}

test('a message that is edited anywhere has findings with sentences in both languages', async () => {
  const keys = await readKeys(KEYS, { apiv3Key: APIV3_KEY, apiv2Key: APIV2_KEY }, crypto)
  const outcomes = new Set<boolean>()
  for (let round = 0; round < 400; round++) {
    const text = edit(MESSAGES[round % MESSAGES.length]!)
    let exchanges: ReturnType<typeof readPasted>
    try {
      exchanges = readPasted(text)
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError)
      continue
    }
    for (const exchange of exchanges) {
      const { findings, content } = await analyse(exchange, keys, TIME * 1000)
      expect(findings.length).toBeGreaterThan(0)
      for (const finding of findings)
        for (const words of [findingWords(errorWordsEn), findingWordsZh(errorWordsZh)])
          expect(describeFinding(finding, words)[0]).toMatch(/./)
      if (content?.kind === 'failed') expect(errorWordsEn(content.error)[0]).toMatch(/./)
      outcomes.add(findings.every(({ ok }) => ok !== false))
    }
  }
  expect(outcomes).toEqual(new Set([true, false]))
})

test('keys that are edited anywhere are read, or named as a problem', async () => {
  let whole = 0
  for (let round = 0; round < 150; round++) {
    const { keys, problems } = await readKeys(edit(KEYS), {}, crypto)
    if (problems.length === 0 && keys.length === 3) whole++
    expect(keys.length + problems.length).toBeGreaterThan(0)
  }
  expect(whole).toBeLessThan(150)
})
