import type { PlacedState } from './diagram-layout.ts'

/** Size of a state, in px. */
export const BOX = { width: 150, height: 32 } as const
/** Space between states, in px; the labels of the events stand in it. */
export const GAP = { x: 130, y: 28 } as const

export interface Box {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
  /** Vertical middle. */
  readonly middle: number
}

/** Returns where a state is drawn. */
export function boxOf({ column, row }: PlacedState): Box {
  const left = 4 + column * (BOX.width + GAP.x)
  const top = 8 + row * (BOX.height + GAP.y)
  return { left, right: left + BOX.width, top, bottom: top + BOX.height, middle: top + BOX.height / 2 }
}
