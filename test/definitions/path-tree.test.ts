import { describe, expect, it, test } from 'vitest'
import {
  findInPathTree,
  METHODS,
  type MutablePathTree,
  nodeOf,
  type PathTree,
  parsePathTree,
  wordPattern,
} from '../../src/definitions/path-tree.ts'

const TABLE = 'a{*{1,=2,b{3}*{4.A}}b{c{5}}}d-e{6}'

const find = (method: string, path: string, tree: PathTree = parsePathTree(TABLE)) =>
  findInPathTree(tree, path, (node, placeholders) => {
    const words = Object.keys(node).flatMap(name => wordPattern(method).exec(name)?.[1] ?? [])
    return words.length > 0 ? [...words, ...placeholders] : undefined
  })

describe('a tree of paths', () => {
  test.each([
    ['a placeholder', 'POST', '/a/x', ['1', 1]],
    ['a placeholder by its name', 'POST', '/a/{id}', ['1', 1]],
    ['the word of the method', 'GET', '/a/x', ['2', 1]],
    ['a literal segment before a placeholder', 'POST', '/a/x/b', ['3', 1]],
    ['a placeholder where the literal segment leads nowhere', 'POST', '/a/b/b', ['3', 1]],
    ['a placeholder where the literal segment has no such method', 'GET', '/a/b', ['2', 1]],
    ['two placeholders', 'POST', '/a/b/x', ['4.A', 1, 2]],
    ['literal segments only', 'POST', '/a/b/c', ['5']],
    ['a path without its first slash', 'POST', 'd-e', ['6']],
    ['a path with a slash at its end', 'POST', '/a/x/', ['1', 1]],
    ['a word in place of a segment, for a placeholder', 'POST', '/a/4.A', ['1', 1]],
    ['a name of Object.prototype, for a placeholder', 'POST', '/a/constructor', ['1', 1]],
  ])('finds %s', (_, method, path, found) => {
    expect(find(method, path)).toEqual(found)
  })

  test.each([
    ['a path that goes on', 'POST', '/d-e/x'],
    ['the beginning of a path', 'POST', '/a'],
    ['an empty segment', 'POST', '/a//b'],
    ['an empty last placeholder', 'POST', '/a/'],
    ['two slashes at the end', 'POST', '/a/x//'],
    ['a word in place of a segment', 'POST', '/d-e/6'],
    ['a name of Object.prototype', 'POST', '/constructor/__proto__'],
    ['a method that no endpoint has', 'HEAD', '/a/x'],
    ['the empty path', 'POST', ''],
    ['the root', 'POST', '/'],
  ])('finds nothing for %s', (_, method, path) => {
    expect(find(method, path)).toBeUndefined()
  })

  it('is built from the paths of definitions, whatever the names of their placeholders', () => {
    const tree: MutablePathTree = {}
    const add = (method: string, path: string, word: string) => {
      nodeOf(tree, path)[`${METHODS[method]}${word}`] = 0
    }
    add('POST', '/a/{id}', '1')
    add('GET', '/a/{no}/', '2')
    add('POST', '/a/{id}/b', '3')
    add('POST', '/a/{id}/{other}', '4.A')
    add('POST', '/a/b/c', '5')
    add('POST', '/d-e', '6')
    expect(tree).toEqual(parsePathTree(TABLE))
  })
})
