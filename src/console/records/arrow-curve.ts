import { type Box, boxOf, GAP } from './diagram-boxes.ts'
import type { Arrow } from './diagram-layout.ts'

export interface Point {
  readonly x: number
  readonly y: number
}

/** A cubic Bézier curve: its ends, and the two points that it bends to. */
type Curve = readonly [start: Point, bend: Point, otherBend: Point, end: Point]

/** How far along its arrow a label stands: nearer to the end, because arrows that share a beginning lie together there. */
const LABEL_AT = 0.58

/** Forward an arrow goes from side to side. */
function forward(from: Box, to: Box): Curve {
  const x = (from.right + to.left) / 2
  const [start, end] = [
    { x: from.right, y: from.middle },
    { x: to.left, y: to.middle },
  ]
  return [start, { x, y: start.y }, { x, y: end.y }, end]
}

/** Within a column it is a bow beside the boxes. */
function beside(from: Box, to: Box): Curve {
  const [start, end] = [from, to].map(({ right, middle }) => ({ x: right, y: middle })) as [Point, Point]
  const x = from.right + GAP.x / 2
  return [start, { x, y: start.y }, { x, y: end.y }, end]
}

/** Backward it leaves to the left, and comes from below, so that it lies on no arrow that goes forward. */
function backward(from: Box, to: Box): Curve {
  const start = { x: from.left, y: from.middle + 8 }
  const end = { x: (to.left + to.right) / 2, y: to.bottom }
  return [start, { x: start.x - GAP.x, y: start.y }, { x: end.x, y: Math.max(start.y, end.y + 2 * GAP.y) }, end]
}

function curve({ from, to }: Arrow): Curve {
  const shape = to.column > from.column ? forward : to.column === from.column ? beside : backward
  return shape(boxOf(from), boxOf(to))
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

/** Returns the middle of an arrow's label, which lies on the arrow. */
export function labelPointOf(arrow: Arrow): Point {
  const [a, b, c, d] = curve(arrow)
  const at = (name: keyof Point): number => {
    const [t, rest] = [LABEL_AT, 1 - LABEL_AT]
    return rest ** 3 * a[name] + 3 * rest ** 2 * t * b[name] + 3 * rest * t ** 2 * c[name] + t ** 3 * d[name]
  }
  return { x: at('x'), y: at('y') }
}
