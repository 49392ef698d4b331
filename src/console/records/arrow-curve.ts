import { BOX, type Box, boxOf, GAP, labelWidthOf } from './diagram-boxes.ts'
import type { Arrow } from './diagram-layout.ts'

export interface Point {
  readonly x: number
  readonly y: number
}

/** A cubic Bézier curve: its ends, and the two points that it bends to. */
type Curve = readonly [start: Point, bend: Point, otherBend: Point, end: Point]

/** How far along its arrow a label stands: nearer to the end, because arrows that share a beginning lie together there. */
const LABEL_AT = 0.58

/** From column to column an arrow goes from side to side. */
function across(start: Point, end: Point): Curve {
  const x = (start.x + end.x) / 2
  return [start, { x, y: start.y }, { x, y: end.y }, end]
}

/** Within a column it is a bow beside the boxes, the further from them the longer it or its label is. */
function beside(from: Box, to: Box, { gap, label }: { gap: number; label: number }): Curve {
  const [start, end] = [from, to].map(({ right, middle }) => ({ x: right, y: middle })) as [Point, Point]
  const rows = Math.abs(end.y - start.y) / (BOX.height + GAP.y)
  // A curve whose bends lie at one distance has its label at this part of it.
  const labelDepth = 3 * LABEL_AT * (1 - LABEL_AT)
  const x = from.right + Math.max(gap * Math.min(0.9, 0.3 + 0.2 * rows), (label / 2 + 8) / labelDepth)
  return [start, { x, y: start.y }, { x, y: end.y }, end]
}

/** Backward and up it leaves to the left, and comes from below, so that it lies on no arrow that goes forward. */
function backward(from: Box, to: Box, gap: number): Curve {
  const start = { x: from.left, y: from.middle + 8 }
  const end = { x: (to.left + to.right) / 2, y: to.bottom }
  return [start, { x: start.x - gap, y: start.y }, { x: end.x, y: Math.max(start.y, end.y + 2 * GAP.y) }, end]
}

const isDownward = ({ from, to }: Pick<Arrow, 'from' | 'to'>): boolean => to.column < from.column && to.row > from.row

function curve({ from, to, label }: Arrow): Curve {
  const { gap } = from.widths
  const [start, end] = [boxOf(from), boxOf(to)]
  if (to.column === from.column) return beside(start, end, { gap, label: labelWidthOf(label) })
  if (to.column > from.column) return across({ x: start.right, y: start.middle }, { x: end.left, y: end.middle })
  if (isDownward({ from, to })) return across({ x: start.left, y: start.middle + 8 }, { x: end.right, y: end.middle })
  return backward(start, end, gap)
}

/** Returns the path of an arrow's line. */
export const curveOf = (arrow: Arrow): string => {
  const [start, ...others] = curve(arrow)
  return `M${start.x} ${start.y}C${others.map(({ x, y }) => `${x} ${y}`).join(' ')}`
}

/** Returns the path of an arrow's head, which points away from the last bend. */
export function headOf(arrow: Arrow): string {
  const [, , bend, { x, y }] = curve(arrow)
  if (bend.x === x) return `M${x - 4} ${y + 7}L${x} ${y}L${x + 4} ${y + 7}`
  const back = bend.x < x ? -7 : 7
  return `M${x + back} ${y - 4}L${x} ${y}L${x + back} ${y + 4}`
}

/** An arrow that goes back and down has its label near its beginning, because bows end where it ends; the longer it is, the further away. */
const labelAt = (arrow: Arrow): number => (isDownward(arrow) ? 0.22 + 0.02 * (arrow.to.row - arrow.from.row) : LABEL_AT)

/** Returns the middle of an arrow's label, which lies on the arrow. */
export function labelPointOf(arrow: Arrow): Point {
  const [a, b, c, d] = curve(arrow)
  const t = labelAt(arrow)
  const at = (name: keyof Point): number => {
    const rest = 1 - t
    return rest ** 3 * a[name] + 3 * rest ** 2 * t * b[name] + 3 * rest * t ** 2 * c[name] + t ** 3 * d[name]
  }
  return { x: at('x'), y: at('y') }
}
