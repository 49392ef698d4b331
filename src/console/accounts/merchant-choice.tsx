import { linkUrl } from '../api.ts'
import { merchant } from '../merchant.ts'
import { useStore } from '../store.ts'
import { useLive } from '../use-action.ts'
import { useAccountWords } from './words.ts'

interface ListedMerchant {
  readonly mchid: string
  readonly appid: string
  /** Whether the program that serves gives out the files of merchants. */
  readonly hasFolder: boolean
}

/** Chooses the merchant that the views show, if there are several, and offers its files. */
export function MerchantChoice({ hasFolder = false }: { readonly hasFolder?: boolean }) {
  const words = useAccountWords()
  const chosen = useStore(merchant)
  const [merchants] = useLive<ListedMerchant[]>('/merchants')
  if (!merchants) return null
  return (
    <p class="buttons">
      {merchants.length > 1 && (
        <label class="setting">
          {words.merchant}{' '}
          <select
            value={chosen ?? merchants[0]?.mchid}
            onChange={({ currentTarget: { value } }) => merchant.set(value === merchants[0]?.mchid ? undefined : value)}
          >
            {merchants.map(({ mchid, appid }) => (
              <option key={mchid} value={mchid}>
                {mchid} · {appid}
              </option>
            ))}
          </select>
        </label>
      )}
      {hasFolder && merchants[0]?.hasFolder && (
        <a href={linkUrl('/folder')} download title={words.folderHelp}>
          {words.folder}
        </a>
      )}
    </p>
  )
}
