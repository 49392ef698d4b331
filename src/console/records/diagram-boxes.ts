/** Least size of a state, in px. Codes that are longer widen all states of their diagram. */
export const BOX = { width: 150, height: 32 } as const
/** Least space between states, in px; the labels of the events stand in it, and widen it where they are longer. */
export const GAP = { x: 130, y: 28 } as const

/** Widths that all states of a diagram have, in px. */
export interface Widths {
  readonly box: number
  readonly gap: number
}

/** Where a state stands. */
export interface Place {
  readonly column: number
  readonly row: number
  readonly widths: Widths
}

/** Pixels of a character of a code and of a label, at most. A Chinese character is as wide as the font is high. */
const CHARACTER = { code: 8.2, label: 6.2, chinese: 10.6 } as const

/** Returns the width of the label of an arrow, at most. */
export function labelWidthOf(label: string): number {
  const chinese = label.match(/[^\0-\u024f]/gu)?.length ?? 0
  return chinese * CHARACTER.chinese + (label.length - chinese) * CHARACTER.label
}

export const widthsOf = (codes: readonly string[], labels: readonly string[]): Widths => ({
  box: Math.ceil(Math.max(BOX.width, ...codes.map(({ length }) => length * CHARACTER.code + 12))),
  gap: Math.ceil(Math.max(GAP.x, ...labels.map(label => labelWidthOf(label) + 40))),
})

export interface Box {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
  /** Vertical middle. */
  readonly middle: number
}

/** Returns where a state is drawn. */
export function boxOf({ column, row, widths: { box, gap } }: Place): Box {
  const left = 4 + column * (box + gap)
  const top = 8 + row * (BOX.height + GAP.y)
  return { left, right: left + box, top, bottom: top + BOX.height, middle: top + BOX.height / 2 }
}
