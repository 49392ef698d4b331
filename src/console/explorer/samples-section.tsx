import { useState } from 'preact/hooks'
import { Choice } from './choice.tsx'
import { Code } from './code.tsx'
import type { DefinedEndpoint } from './definition.ts'
import type { CallValues } from './form-value.ts'
import { curlSample, typescriptSample, wireSample } from './samples.ts'
import { useExplorerWords } from './words.ts'

type SampleName = 'typescript' | 'curl' | 'java' | 'php' | 'wire'

/** The call in other languages, with the values of the form. */
export function SamplesSection({ endpoint, values }: { endpoint: DefinedEndpoint; values: CallValues }) {
  const words = useExplorerWords()
  const [chosen, setChosen] = useState<SampleName>('typescript')
  // APIv2 sends XML, which all libraries write alike.
  const names: readonly SampleName[] =
    endpoint.api === 'v2' ? ['typescript', 'curl', 'wire'] : ['typescript', 'curl', 'java', 'php']
  const name = names.includes(chosen) ? chosen : 'typescript'
  return (
    <section class="block">
      <h3>{words.samples}</h3>
      <Choice<SampleName>
        label={words.samples}
        values={names}
        chosen={name}
        words={words.samplesOf}
        onChoose={own => setChosen(own)}
      />
      {words.sampleNotes[name] && <p class="dim">{words.sampleNotes[name]}</p>}
      <Sample name={name} endpoint={endpoint} values={values} />
    </section>
  )
}

function Sample({ name, endpoint, values }: { name: SampleName; endpoint: DefinedEndpoint; values: CallValues }) {
  const words = useExplorerWords()
  try {
    if (name === 'typescript') return <Code text={typescriptSample(endpoint, values)} />
    if (name === 'curl') return <Code text={curlSample(endpoint, values)} />
    const { request, signed } = wireSample(endpoint, values, name === 'php' ? 'php' : 'java')
    return (
      <>
        <Code text={request} />
        <Code title={words.signedText} text={signed} isSigned />
      </>
    )
  } catch (error) {
    // A value that no message can contain, such as half a character.
    return <p class="problem">{error instanceof Error ? error.message : String(error)}</p>
  }
}
