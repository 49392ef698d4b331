import { useState } from 'preact/hooks'
import type { LongList } from './use-list.ts'
import { useGatewayWords } from './words.ts'

/** The end of a list: a button for the rows that follow, and a word if some are missing. */
export function ListEnd({ list }: { list: LongList<unknown> }) {
  const words = useGatewayWords()
  const [isBusy, setBusy] = useState(false)
  const { readOlder, isPartial } = list
  return (
    <>
      {isPartial && (
        <p role="alert" class="problem">
          {words.partly}
        </p>
      )}
      {readOlder && (
        <div class="buttons">
          <button
            type="button"
            disabled={isBusy}
            onClick={() => {
              setBusy(true)
              // An error (signed out, offline) is shown above the list.
              void readOlder()
                .catch(() => {})
                .finally(() => setBusy(false))
            }}
          >
            {words.older}
          </button>
        </div>
      )}
    </>
  )
}
