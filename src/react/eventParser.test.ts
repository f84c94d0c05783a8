import { expect, test } from 'vitest'
import { EventParser } from './eventParser.js'

const stream = [
  '\uFEFF',
  ': a comment\n',
  'retry: 1500\r\n\r\n',
  'id: 1\nevent: refreshed\ndata: {"a":\ndata: 1}\n\n',
  'data:no space\r\r',
  'event: nothing\n\n',
  'id: 2\r\n\r\n',
  'id\ndata:  two spaces\n\n',
  'id: cut off\ndata: x\n',
].join('')

const expected = [
  { type: 'refreshed', data: '{"a":\n1}' },
  { type: 'message', data: 'no space' },
  { type: 'message', data: ' two spaces' },
]

test.each([1, 2, 3, 7, 1_000])('reads an event stream in pieces of %i characters', (size) => {
  const parser = new EventParser()
  const text = new TextDecoder().decode(new TextEncoder().encode(stream))
  const messages = []
  for (let at = 0; at < text.length; at += size) messages.push(...parser.push(text.slice(at, at + size)))
  expect(messages).toEqual(expected)
  expect(parser.retryMs).toBe(1_500)
})

test('knows where to resume: behind the last message that was complete', () => {
  const parser = new EventParser()
  parser.push('id: 1\ndata: x\n\n')
  expect(parser.lastId).toBe('1')
  parser.push('id: 2\n\n')
  expect(parser.lastId).toBe('2')
  parser.push('id: 3\ndata: x\n')
  expect(parser.lastId).toBe('2')
  parser.push('\n')
  expect(parser.lastId).toBe('3')
})
