import type { TimelineDetail } from '../../simulator/timeline/detail.ts'
import type { SignatureExplanation } from '../../simulator/timeline/signature-explanation.ts'
import { labelled } from '../labelled.ts'
import { SignedComparison, SignedLines } from '../signed-text.tsx'
import type { Words } from '../words.ts'

/** Shows what was signed, with which key, and where an invalid signature goes wrong. */
export function SignatureSection({ detail, words }: { detail: TimelineDetail; words: Words }) {
  const { entry, signedText, signedBy, explanation } = detail
  if (entry.kind === 'action') return null
  if (entry.kind === 'notification' && signedText === undefined) return null
  return (
    <section class="block">
      <h3>{words.signedText}</h3>
      {entry.kind === 'request' && <Verdict detail={detail} words={words} />}
      {signedBy && (
        <p>
          {labelled(words.signedBy)}
          <span class="number">{signedBy}</span>
        </p>
      )}
      {explanation?.signed !== undefined && explanation.signed !== explanation.expected ? (
        <SignedComparison expected={explanation.expected} signed={explanation.signed} words={words} />
      ) : (
        signedText !== undefined && (
          <>
            {explanation && <h4>{words.expected}</h4>}
            <SignedLines text={textToShow(explanation, signedText)} />
          </>
        )
      )}
    </section>
  )
}

/** Returns the text that a request should have signed. Where its body is too long to compare, only the signed text has that body. */
const textToShow = (explanation: SignatureExplanation | undefined, signedText: string): string =>
  explanation === undefined || explanation.mistake === 'too-long' ? signedText : explanation.expected

function Verdict({ detail: { entry, explanation, response }, words }: { detail: TimelineDetail; words: Words }) {
  if (entry.kind !== 'request') return null
  if (entry.signature === 'valid') return <p class="verdict valid">{words.signatureValid}</p>
  if (entry.signature === 'absent') return <p class="verdict absent">{words.signatureAbsent}</p>
  const [what, cure] = reasonOf(explanation, words) ?? [messageOf(response?.body)]
  return (
    <div class="verdict invalid">
      <p>
        <strong>{words.signatureInvalid}</strong>
        {what && labelled('', what)}
      </p>
      {cure && <p>{cure}</p>}
    </div>
  )
}

function reasonOf(explanation: SignatureExplanation | undefined, words: Words): readonly [string, string] | undefined {
  if (explanation?.what === undefined) return undefined
  if (explanation.seconds !== undefined) return words.staleTime(explanation.seconds)
  return words.mistakes[explanation.mistake ?? ''] ?? [explanation.what, explanation.cure ?? '']
}

/** Returns what WeChat Pay's error says, where the signature was not compared with a text at all. */
function messageOf(body: string | undefined): string | undefined {
  return /"message":"([^"]*)"|<return_msg><!\[CDATA\[(.*?)\]\]>/
    .exec(body ?? '')
    ?.slice(1)
    .find(Boolean)
}
