import type { Analysis, Content } from '../../diagnosis/analyse.ts'
import { describeFinding, type Finding, SIGNATURE_STEPS } from '../../diagnosis/finding.ts'
import { SignedComparison, SignedLines } from '../signed-text.tsx'
import { useWords, type Words } from '../words.ts'
import type { AnalysisResult } from './use-analysis.ts'
import type { WorkbenchWords } from './words.ts'

/** Shows what was found out about a message. Everything in it is text: anybody may have written the message. */
export function Result({ result, words }: { result: AnalysisResult; words: WorkbenchWords }) {
  const consoleWords = useWords()
  if (!result) return <p class="dim">{words.working}</p>
  if ('failure' in result) return <p class="verdict invalid">{words.failed(result.failure)}</p>
  const { analysis, contentText } = result
  const kind = words.kinds[analysis.kind]
  return (
    <>
      <p class="what">{analysis.api ? words.whatIs(words.apis[analysis.api], kind) : kind}</p>
      <Verdict findings={analysis.findings} words={words} />
      <ol class="steps">
        {analysis.findings.map((finding, index) => (
          <Step key={index} finding={finding} words={words} mistakes={consoleWords.mistakes} />
        ))}
      </ol>
      <SignedText analysis={analysis} words={consoleWords} workbench={words} />
      {analysis.content && <ContentSection content={analysis.content} text={contentText} words={words} />}
    </>
  )
}

interface VerdictLinkProps {
  readonly result: AnalysisResult
  /** The reason why the text is not a message. */
  readonly problem: string | undefined
  readonly words: WorkbenchWords
}

/** Says the verdict beside the message and leads to its reasons, on a page so narrow that they are far below. */
export function VerdictLink({ result, problem, words }: VerdictLinkProps) {
  const [text, kind] =
    problem !== undefined
      ? [problem, 'invalid']
      : !result
        ? []
        : 'failure' in result
          ? [words.failed(result.failure), 'invalid']
          : verdictOf(result.analysis.findings, words)
  if (text === undefined) return null
  return (
    <a class={`verdict-link verdict ${kind}`} href="#result">
      {text} <span aria-hidden="true">↓</span>
    </a>
  )
}

function Verdict({ findings, words }: { findings: readonly Finding[]; words: WorkbenchWords }) {
  const [text, kind] = verdictOf(findings, words)
  return (
    <p role="status" class={`verdict ${kind}`}>
      {text}
    </p>
  )
}

function verdictOf(
  findings: readonly Finding[],
  words: WorkbenchWords,
): readonly [string, 'valid' | 'invalid' | 'absent'] {
  const failures = findings.filter(({ ok }) => ok === false)
  const isSigned = findings.some(({ step, ok }) => ok && SIGNATURE_STEPS.has(step))
  if (isSigned && failures.length > 0 && failures.every(({ code }) => code === 'time-stale'))
    return [words.stale, 'absent']
  if (failures.length > 0) return [words.wrong(failures.length), 'invalid']
  return isSigned ? [words.genuine, 'valid'] : [words.unsigned, 'absent']
}

interface StepProps {
  readonly finding: Finding
  readonly words: WorkbenchWords
  /** Sentences for the usual mistakes, which the simulator names in English. */
  readonly mistakes: Words['mistakes']
}

function Step({ finding, words, mistakes }: StepProps) {
  const { ok, step, code } = finding
  const [detail, fix] =
    (code === 'signature-mistake' && mistakes[finding.values.mistake]) || describeFinding(finding, words.findings)
  const [mark, said] =
    ok === undefined ? ['–', words.marks.skipped] : ok ? ['✓', words.marks.passed] : ['✗', words.marks.failed]
  return (
    <li class={ok === undefined ? 'absent' : ok ? 'valid' : 'invalid'}>
      <span aria-hidden="true" class="mark">
        {mark}
      </span>
      <strong>
        {words.steps[step]} <span class="hidden">{said}</span>
      </strong>
      <span class="detail-text">{sentence(detail)}</span>
      {fix && <span class="fix">{sentence(fix)}</span>}
    </li>
  )
}

/** Characters of a sentence, which may quote a header. */
const MAX_SENTENCE = 500

const sentence = (text: string): string => (text.length > MAX_SENTENCE ? `${text.slice(0, MAX_SENTENCE)}…` : text)

/** Characters that are shown of a text. The browser takes seconds to lay out a megabyte. */
const MAX_SHOWN = 50_000
/** Characters of a text that is compared and shown twice. The bodies that are compared have 64 KB. */
const MAX_COMPARED = 100_000

function Shortened({ text, words }: { text: string; words: WorkbenchWords }) {
  return text.length > MAX_SHOWN ? <p class="dim">{words.shortened(MAX_SHOWN, text.length)}</p> : null
}

interface SignedTextProps {
  readonly analysis: Analysis
  readonly words: Words
  readonly workbench: WorkbenchWords
}

function SignedText({ analysis: { explanation }, words, workbench }: SignedTextProps) {
  if (!explanation) return null
  const { expected, signed } = explanation
  return (
    <section class="block">
      <h3>{words.signedText}</h3>
      {signed !== undefined && signed !== expected && expected.length < MAX_COMPARED ? (
        <SignedComparison expected={expected} signed={signed} words={words} />
      ) : (
        <>
          <Shortened text={expected} words={workbench} />
          <SignedLines text={expected.slice(0, MAX_SHOWN)} />
        </>
      )}
    </section>
  )
}

interface ContentSectionProps {
  readonly content: Content
  /** The decrypted content, indented. */
  readonly text: string
  readonly words: WorkbenchWords
}

function ContentSection({ content, text, words }: ContentSectionProps) {
  if (content.kind === 'not-encrypted') return <p class="dim">{words.notEncrypted}</p>
  if (content.kind === 'failed') {
    const [what, fix] = words.error(content.error)
    return (
      <section class="block">
        <h3>{words.notDecrypted}</h3>
        <p class="verdict invalid">
          {what}. {fix}
        </p>
      </section>
    )
  }
  return (
    <section class="block">
      <h3>{words.content}</h3>
      <p class="dim">{words.decryptedWith(words.decryptionKeys[content.key])}</p>
      <Shortened text={text} words={words} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must be able to scroll it */}
      <pre tabIndex={0} translate={false}>
        {text.slice(0, MAX_SHOWN)}
      </pre>
    </section>
  )
}
