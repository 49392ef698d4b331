import { utf8 } from '../../../core/base/bytes.ts'

/** Ledgers of which one may consist. Their numbers in ids have room for more, but a sweep and each list ask every one of them. */
export const MAX_SHARDS = 64

/**
 * Which ledgers (shards) one ledger consists of. The first shard decides on its layouts, one after another, so that all processes
 * agree on their order.
 */
export interface Layout {
  /** Numbers the layouts. A shard refuses calls of an earlier layout than the latest that it has seen. */
  readonly epoch: number
  /**
   * Numbers of shards, each a power of 2: the current one at the end, before it those of which shards may still hold rows that belong
   * elsewhere since. They ascend.
   */
  readonly sizes: readonly number[]
}

/** The layout of a ledger that was never sharded. */
export const ONE_SHARD: Layout = { epoch: 0, sizes: [1] }

/** Returns the current number of shards. */
export const sizeOf = ({ sizes }: Layout): number => sizes.at(-1)!

/** Returns whether a ledger has one shard, and never had more. */
export const isOneShard = ({ sizes }: Layout): boolean => sizes.every(size => size === 1)

/** Returns whether a ledger may have that many shards. With powers of 2, doubling moves half of the keys and leaves the others. */
export const isShardCount = (count: number): boolean =>
  Number.isInteger(count) && count >= 1 && count <= MAX_SHARDS && Number.isInteger(Math.log2(count))

/**
 * Returns the shards in which something may be, by the key that all calls about it have: those of earlier layouts, the oldest first,
 * and at the end the one to which new rows go. The result depends on the key and the layout only, and must be the same in every
 * release: another hash would be another layout.
 */
export async function placesOf(key: string, layout: Layout): Promise<readonly number[]> {
  if (isOneShard(layout)) return [0]
  const digest = await crypto.subtle.digest('SHA-256', utf8(key))
  const hash = new DataView(digest).getUint32(0)
  return [...new Set(layout.sizes.map(size => hash % size))]
}

/** A shard has refused a call, because it has seen a later layout than that of the call. Nothing was carried out. */
export class LayoutChangedError extends Error {
  override readonly name: string = 'LayoutChangedError'
  readonly layout: Layout

  constructor(layout: Layout) {
    super(
      `LEDGER_LAYOUT_CHANGED: the ledger consists of ${sizeOf(layout)} objects by now. Deploy this version of the Worker everywhere, and repeat the call.`,
    )
    this.layout = layout
  }
}
