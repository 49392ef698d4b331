import { useEffect, useState } from 'preact/hooks'
import { prettyJson } from '../../core/codec/pretty-json.ts'
import { type Analysis, analyse } from '../../diagnosis/analyse.ts'
import type { GivenKeys, Secrets } from '../../diagnosis/keys/given-keys.ts'
import { readKeys } from '../../diagnosis/keys/read.ts'
import type { Exchange } from '../../diagnosis/pasted/exchange.ts'
import { FormatError } from '../../diagnosis/pasted/format-error.ts'
import { readPasted } from '../../diagnosis/pasted/read.ts'
import { signatureTimeOf } from '../../diagnosis/signature-time.ts'

/** The time for which a message is checked: now, the time that it names, or the one that the HAR names. */
export type Arrival = 'now' | 'sent' | 'recorded'

/** Milliseconds after the last change until it is worked on. */
const PAUSE = 200

/** Calculates something when typing pauses. A result that is no longer wanted is dropped. */
function useSettled<T>(calculate: () => T | Promise<T>, inputs: readonly unknown[]): T | undefined {
  const [value, setValue] = useState<T>()
  useEffect(() => {
    let isCurrent = true
    const timer = setTimeout(async () => {
      const calculated = await calculate()
      if (isCurrent) setValue(() => calculated)
    }, PAUSE)
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
  }, inputs)
  return value
}

export type Pasted = { readonly exchanges: readonly Exchange[] } | { readonly problem: FormatError } | undefined

/** Reads the messages of a pasted text. Undefined if it is empty. */
export const usePasted = (text: string): Pasted =>
  useSettled((): Pasted => {
    if (text.trim() === '') return undefined
    try {
      return { exchanges: readPasted(text) }
    } catch (problem) {
      // Whatever a hostile text breaks, the page says so and goes on.
      return { problem: problem instanceof FormatError ? problem : new FormatError('unknown') }
    }
  }, [text])

const NO_KEYS: GivenKeys = { keys: [], secrets: {}, problems: [] }

/** Reads the given keys. */
export const useKeys = (text: string, secrets: Secrets): GivenKeys =>
  useSettled(() => readKeys(text, secrets, crypto), [text, secrets]) ?? NO_KEYS

/** A message's analysis with the text of its content, or the name of the error that ended it. */
export type AnalysisResult =
  | { readonly analysis: Analysis; readonly contentText: string }
  | { readonly failure: string }
  | undefined

/** Analyses a message, and again when anything changes. */
export function useAnalysis(exchange: Exchange | undefined, keys: GivenKeys, arrival: Arrival): AnalysisResult {
  const result = useSettled(async () => {
    if (!exchange) return undefined
    try {
      const analysis = await analyse(exchange, keys, timeOf(exchange, arrival))
      const { content } = analysis
      // Written here and not when it is shown, because content that is nested too deeply cannot be written.
      const contentText = content?.kind === 'decrypted' ? prettyJson(content.decrypted) : ''
      return { exchange, analysis, contentText }
    } catch (error) {
      return { exchange, failure: (error as Error).name }
    }
  }, [exchange, keys, arrival])
  return exchange && result?.exchange === exchange ? result : undefined
}

function timeOf(exchange: Exchange, arrival: Arrival): number {
  if (arrival === 'recorded' && exchange.at !== undefined) return exchange.at
  return (arrival === 'sent' ? signatureTimeOf(exchange.message.headers) : undefined) ?? Date.now()
}
