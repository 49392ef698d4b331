import { resolve } from 'node:path'
import ts from 'typescript-5.9'

/** The type of the values of each map of a state, by the name of the map, with all members spelled out. */
export type Shapes = Readonly<Record<string, string>>

/** Reads the shapes of all maps from the types of the simulator's source. */
export function readShapes(): Shapes {
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, '.')
  const program = ts.createProgram(['src/simulator/index.ts'], { ...options, noEmit: true })
  const checker = program.getTypeChecker()
  const shapeOf = createPrinter(checker)
  const shapes = new Map<string, string>()
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const found = mapOf(node, checker)
      if (found) shapes.set(found.name, shapeOf(found.value))
    }
    ts.forEachChild(node, visit)
  }
  const folder = resolve('src/simulator')
  for (const file of program.getSourceFiles())
    if (resolve(file.fileName).startsWith(folder) && !file.fileName.includes('/generated/')) visit(file)
  return Object.fromEntries([...shapes].sort(([one], [other]) => (one < other ? -1 : 1)))
}

/** Returns the map that a call gets from a `State`, itself or through a function that is told the name of the map. */
function mapOf(call: ts.CallExpression, checker: ts.TypeChecker): { name: string; value: ts.Type } | undefined {
  const { expression, arguments: parameters, typeArguments } = call
  const isState = (node: ts.Node): boolean => checker.getTypeAtLocation(node).symbol?.name === 'State'
  if (ts.isPropertyAccessExpression(expression)) {
    if (expression.name.text !== 'map' || !isState(expression.expression)) return undefined
    const name = nameOf(parameters[0])
    const [, value] = checker.getTypeArguments(checker.getTypeAtLocation(call) as ts.TypeReference)
    return name === undefined || !value || value.isTypeParameter() ? undefined : { name, value }
  }
  const [state, map] = parameters
  const name = state && isState(state) ? nameOf(map) : undefined
  if (name === undefined) return undefined
  if (typeArguments?.[0]) return { name, value: checker.getTypeFromTypeNode(typeArguments[0]) }
  // An inferred type would be left out of the shapes without a word.
  if (checker.getResolvedSignature(call)?.declaration?.typeParameters)
    throw new Error(`Spell out the type of the values: ${call.getText()}`)
  return undefined
}

function nameOf(node: ts.Node | undefined): string | undefined {
  if (!node) return undefined
  if (ts.isStringLiteral(node)) return node.text
  return ts.isTemplateExpression(node) ? node.getText().slice(1, -1) : undefined
}

/** Creates a function that prints a type. Types that contain themselves are named within themselves. */
function createPrinter(checker: ts.TypeChecker): (type: ts.Type) => string {
  const within: ts.Type[] = []
  const print = (type: ts.Type): string => {
    if (type.flags & ts.TypeFlags.Boolean) return 'boolean'
    if (type.isUnion()) return [...new Set(type.types.map(print))].sort().join(' | ')
    const isPlain = !(type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) || within.includes(type)
    if (isPlain) return checker.typeToString(type)
    within.push(type)
    const printed = printObject(type)
    within.pop()
    return printed
  }
  const printObject = (type: ts.Type): string => {
    if (checker.isTupleType(type))
      return `[${checker
        .getTypeArguments(type as ts.TypeReference)
        .map(print)
        .join(', ')}]`
    if (checker.isArrayType(type)) return `(${checker.getTypeArguments(type as ts.TypeReference).map(print)})[]`
    const members = checker.getPropertiesOfType(type).map(member => {
      const isOptional = member.flags & ts.SymbolFlags.Optional
      return `${member.name}${isOptional ? '?' : ''}: ${print(checker.getTypeOfSymbol(member))}`
    })
    const indexes = checker
      .getIndexInfosOfType(type)
      .map(({ keyType, type: value }) => `[${print(keyType)}]: ${print(value)}`)
    return `{ ${[...members, ...indexes].sort().join('; ')} }`
  }
  return print
}
