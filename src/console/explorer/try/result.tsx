import { prettyJson } from '../../../core/codec/pretty-json.ts'
import { Code } from '../code.tsx'
import type { DefinedEndpoint } from '../definition.ts'
import type { RecordedExchange } from './recorded.ts'
import type { CallResult } from './send.ts'
import { type TryWords, useTryWords } from './words.ts'

/** Shows a call step by step: the request, the signed text, the response, its verification, the data. */
export function Result({
  endpoint,
  result,
  through,
}: {
  endpoint: DefinedEndpoint
  result: CallResult
  through: 'simulator' | 'gateway'
}) {
  const words = useTryWords()
  const { exchange, signedText, failure, data, fileSize, milliseconds } = result
  return (
    <div class="try-result">
      {failure && <Failure failure={failure} words={words} />}
      {exchange ? (
        <>
          <Code title={words.request} text={requestText(exchange)} />
          {signedText !== undefined && <Code title={words.signedText} text={signedText} isSigned />}
          {exchange.response ? (
            <Code
              title={`${words.response} · ${exchange.response.status} · ${words.took(milliseconds)}`}
              text={responseText(exchange.response)}
            />
          ) : (
            <p class="problem">{words.noResponse}</p>
          )}
          {exchange.response && <Verification endpoint={endpoint} result={result} through={through} words={words} />}
        </>
      ) : (
        <p class="dim">{words.nothingSent}</p>
      )}
      {data !== undefined && <Code title={words.data} text={prettyJson(data)} />}
      {fileSize !== undefined && <p>{words.fileOf(fileSize)}</p>}
    </div>
  )
}

function Failure({
  failure: { name, code, gatewayCode, message },
  words,
}: {
  failure: NonNullable<CallResult['failure']>
  words: TryWords
}) {
  const hint = [gatewayCode ?? '', code].find(own => Object.hasOwn(words.hints, own))
  return (
    <div class="verdict invalid">
      <p>
        <strong>
          {words.clientRefused} {name} {code} {gatewayCode}
        </strong>
      </p>
      <p class="failure-message" lang="en">
        {message}
      </p>
      {hint !== undefined && <p>{words.hints[hint]}</p>}
    </div>
  )
}

interface VerificationProps {
  readonly endpoint: DefinedEndpoint
  readonly result: CallResult
  readonly through: 'simulator' | 'gateway'
  readonly words: TryWords
}

function Verification({ endpoint, result, through, words }: VerificationProps) {
  const { steps, verifiedBy, exchange, failure } = result
  const isError = (exchange?.response?.status ?? 0) >= 400
  const isFile = endpoint.response.kind === 'file' && !isError
  const notes = [
    through === 'gateway' && !failure && (verifiedBy ? words.gatewayVerified(verifiedBy) : words.gatewayUnverified),
    through === 'simulator' && isFile && words.unsignedFile,
    through === 'simulator' && endpoint.api === 'v2' && verifiedBy && words.v2Verified,
    through === 'simulator' && endpoint.api !== 'v2' && verifiedBy && words.clientVerified(verifiedBy),
    through === 'simulator' && isError && steps?.[0]?.holds === false && words.unsignedError,
  ].filter(note => typeof note === 'string' && note !== '')
  return (
    <section class="block">
      <h4>{words.verification}</h4>
      {steps && (
        <ol class="steps">
          {steps.map(({ name, holds, found }) => (
            <li key={name} class={holds ? 'valid' : 'invalid'}>
              {holds ? '✓' : '✗'} {words.steps[name][holds ? 0 : 1]}
              {name === 'signature' ? <Code text={found} isSigned /> : <span class="number dim"> {found}</span>}
            </li>
          ))}
        </ol>
      )}
      {notes.map(note => (
        <p key={note as string}>{note}</p>
      ))}
    </section>
  )
}

const lines = (headers: RecordedExchange['requestHeaders']): string =>
  headers.map(header => `${header.join(': ')}\n`).join('')

function requestText({ method, url, requestHeaders, requestBody }: RecordedExchange): string {
  const { pathname, search, host } = new URL(url)
  return `${method} ${pathname}${search}\nhost: ${host}\n${lines(requestHeaders)}${requestBody && `\n${requestBody}`}`
}

const responseText = ({ headers, body }: NonNullable<RecordedExchange['response']>): string =>
  `${lines(headers)}${body && `\n${body}`}`
