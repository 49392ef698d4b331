import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { parseSync, Visitor } from 'vite'
import { expect, it } from 'vitest'

// A thing has one name, and it is the name that HTTP, WebCrypto, WeChat Pay or the trade gives it: see CONTRIBUTING.md.

/** A word that is not used, and the one to use instead. */
type Rule = readonly [word: RegExp, instead: string]

/** Words within an identifier, in lower case. */
const WORDS: readonly Rule[] = [
  [/^ground$/, 'the context that it is: GatewayContext, LedgerContext'],
  [/^means$/, 'dependencies: DeliveryDependencies'],
  [/^happenings?$/, 'DomainEvent, and emit for sending one'],
  [/^(?:foundry|mint|mints|minted)$/, 'keySource or keyPool'],
  [/^flights$/, 'singleFlight'],
  [/^leisurely$/, 'debounced'],
  [/^abreast$/, 'concurrency'],
  [/^agenda$/, 'scheduler'],
  [/^encounter$/, 'faultRun'],
  [/^books?$/, 'records (the merchant’s), accounts (the simulator’s), LedgerStore (the gateway’s)'],
  [/^(?:un)?seal(?:s|ed|er|ing)?$/, 'encrypt, decrypt, EncryptedField'],
  [/^judges?$/, 'what it decides or verifies: matchRow, verify'],
]
const IDENTIFIERS: readonly Rule[] = [
  [/^(?:MOST|LONGEST)(?:_|$)/, 'MAX_'],
  [/^(?:LEAST|SHORTEST)(?:_|$)/, 'MIN_'],
  [/^AHEAD$/, 'PREFETCH'],
  [/^Parties$/, 'Credentials'],
  [/^aboutOf$/, 'correlation'],
]
const BEGINNINGS: readonly Rule[] = [
  [/^(?:What|Who|Whom|Whose|Whoever|Of what|Of whom)\b/, 'a verb, or the thing: "Returns the key", "The key that"'],
]
const PROSE: readonly Rule[] = [
  [/(?<![\w'’-])(?:he|his|him|himself)(?![\w'’-])/i, '"it" or "they" for a merchant, a caller, an endpoint'],
  [/\bmend(?:s|ed|ing)?\b/i, '"fix"'],
  [/\bbears?\b/i, '"has"'],
  [/\bdemand(?:s|ed|ing)\b/i, '"requires"'],
]

interface Finding {
  /** Its offset in the file. */
  readonly at: number
  readonly found: string
  readonly instead: string
}

const findAll = (rules: readonly Rule[], text: string, at: number): Finding[] =>
  rules.flatMap(([word, instead]) => {
    const found = word.exec(text)
    return found ? [{ at: at + found.index, found: found[0], instead }] : []
  })

function findInIdentifier(name: string, at: number): Finding[] {
  const words = name
    .replace(/(?<=[a-z\d])(?=[A-Z])/g, '_')
    .toLowerCase()
    .split(/[_#$]+/)
  const findings = [...words.flatMap(word => findAll(WORDS, word, at)), ...findAll(IDENTIFIERS, name, at)]
  return findings.map(finding => ({ ...finding, found: name }))
}

function findInCode(file: string, text: string): Finding[] {
  const { program, comments } = parseSync(file, text)
  const findings: Finding[] = []
  const identifier = ({ name, start }: { name: string; start: number }): void => {
    findings.push(...findInIdentifier(name, start))
  }
  /** Checks a message or the name of a test; a text without a space is a value. */
  const literal = (value: unknown, start: number): void => {
    if (typeof value === 'string' && value.includes(' '))
      findings.push(...findAll(PROSE, value, start).map(finding => ({ ...finding, at: start })))
  }
  const visitor = new Visitor({
    Identifier: identifier,
    PrivateIdentifier: identifier,
    Literal: ({ value, start }) => literal(value, start),
    TemplateElement: ({ value, start }) => literal(value.raw, start),
    SpreadElement({ argument, start, end }) {
      if (argument.type === 'ObjectExpression' || argument.type === 'ArrayExpression')
        findings.push({ at: start, found: text.slice(start, Math.min(end, start + 40)), instead: 'its members' })
    },
  })
  visitor.visit(program)
  for (const { value, start } of comments) {
    findings.push(...findAll(BEGINNINGS, value.replace(/^[\s*]+/, ''), start))
    findings.push(...findAll(PROSE, value, start))
  }
  return findings
}

function findInDocument(text: string): Finding[] {
  const code = [...text.matchAll(/`[^`\n]+`/g)].flatMap(({ 0: span, index }) =>
    [...span.matchAll(/\w+/g)].map(({ 0: name, index: offset }) => [name, index + offset] as const),
  )
  const prose = text.replace(/`[^`\n]+`/g, span => ' '.repeat(span.length))
  return [
    ...code.flatMap(([name, at]) => findAll(IDENTIFIERS, name, at)),
    ...[...prose.matchAll(/[^\n]+/g)].flatMap(({ 0: line, index }) => findAll(PROSE, line, index)),
  ]
}

const TYPES = ['*.ts', '*.tsx', '*.md', '*.txt', '*.toml', '*.yml']
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...TYPES], {
  encoding: 'utf8',
})
  .split('\n')
  .filter(path => path !== '' && existsSync(path) && !import.meta.url.endsWith(path))

it('code, comments and documents use the words of the field', () => {
  expect(files.length).toBeGreaterThan(900)
  const findings = files.flatMap(file => {
    const text = readFileSync(file, 'utf8')
    const found = /\.tsx?$/.test(file) ? findInCode(file, text) : findInDocument(text)
    return found.map(({ at, found, instead }) => {
      const line = text.slice(0, at).split('\n').length
      return `${file}:${line}: ${JSON.stringify(found)}; use ${instead}`
    })
  })
  expect(findings).toEqual([])
  // It parses all files: half a minute where other tests take the processor.
}, 240_000)

it.each([
  ['an old word in an identifier', 'const gatewayGround = 1', 'gatewayGround', 'the context'],
  ['an old word in a private name', 'class A { #mintKey = 1 }', 'mintKey', 'keySource'],
  ['an old bound', 'const MOST_BYTES = 1', 'MOST_BYTES', 'MAX_'],
  ['an old type', 'interface Parties {}', 'Parties', 'Credentials'],
  ['a spread literal', 'f({ ...{ a, b }, c })', '...{ a, b }', 'its members'],
  ['a spread list', 'f(...[a, b])', '...[a, b]', 'its members'],
  ['a comment that begins as a riddle', '/** What a key is for. */\nconst key = 1', 'What', 'a verb'],
  ['a line comment that begins as a riddle', '// Whoever calls waits.', 'Whoever', 'a verb'],
  ['a merchant as a man in the name of a test', 'it("says his number")', 'his', '"it" or "they"'],
  ['an old word in a message', 'throw Error(`The call demands a key.`)', 'demands', 'requires'],
  ['a merchant as a man', '/**\n * Returns the key\n * of the merchant and his shop.\n */', 'his', '"it" or "they"'],
])('finds %s', (_, text, found, instead) => {
  expect(findInCode('fixture.ts', text)).toEqual([
    { at: expect.any(Number), found, instead: expect.stringContaining(instead) },
  ])
})

it('finds an old word in a document, and lets quoted code and other words pass', () => {
  expect(findInDocument('The merchant keeps his `MOST_BYTES`.').map(({ found }) => found)).toEqual(['MOST_', 'his'])
  expect(findInDocument('The `his` of history, this machine, faults on demand.')).toEqual([])
  expect(findInCode('fixture.ts', 'const almost = { ...(a && { b }) } // What? no: a question, not here')).toHaveLength(
    1,
  )
})

/** A colon of English behind Chinese, also behind a closing bracket or quote. */
const ENGLISH_COLON = /[\p{Script=Han}）」”]:/u

/**
 * Finds colons of English in texts that may be Chinese: in a text itself, and between the parts that a component puts together, whose
 * language is that of the page.
 */
function findColons(file: string, text: string): Finding[] {
  const findings: Finding[] = []
  const see = (value: string, start: number, pattern: RegExp, instead: string): void => {
    const found = pattern.exec(value)
    if (found) findings.push({ at: start, found: found[0], instead })
  }
  const visitor = new Visitor({
    Literal({ value, start }) {
      if (typeof value === 'string') see(value, start, ENGLISH_COLON, '：')
    },
    TemplateElement({ value: { raw }, start }) {
      see(raw, start, ENGLISH_COLON, '：')
      if (file.endsWith('.tsx')) see(raw, start, /^: /, 'labelled(…)')
    },
    JSXText: ({ value, start }) => see(value, start, /^\s*:/, 'labelled(…)'),
  })
  visitor.visit(parseSync(file, text).program)
  return findings
}

const pages = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', 'src/console', 'src/gateway'],
  {
    encoding: 'utf8',
  },
)
  .split('\n')
  .filter(path => /\.tsx?$/.test(path) && existsSync(path))

it('no Chinese text of the console and of /admin has the colon of English', () => {
  expect(pages.length).toBeGreaterThan(200)
  const findings = pages.flatMap(file =>
    findColons(file, readFileSync(file, 'utf8')).map(({ found, instead }) => `${file}: "${found}"; use ${instead}`),
  )
  expect(findings).toEqual([])
})

it.each([
  ['in a text', `const words = { invalid: '签名无效:' }`],
  ['behind a bracket', `const invalid = \`无效（\${code}）: \${why}\``],
  ['in a template of a component', `const label = \`\${words.copy}: \${title}\``],
  ['in an element', 'const element = <p>{words.example}: <code>1</code></p>'],
])('finds a colon of English %s', (_, text) => {
  expect(findColons('fixture.tsx', text)).toHaveLength(1)
})
