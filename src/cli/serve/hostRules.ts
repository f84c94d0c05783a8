import { lookup } from 'node:dns/promises'
import { BlockList } from 'node:net'
import type { HostRules } from '../../define/http-types.js'

/**
 * What listens to its own machine alone has no name that others know, unless it is told of one: whoever comes by such a name comes
 * from a page that should not reach it. What listens elsewhere cannot know how it is called.
 */
export async function hostRules(configured: HostRules, listensOn: string): Promise<HostRules> {
  if (configured === '*') return '*'
  if (configured === null && !(await isOwnMachine(listensOn))) return null
  return [...(configured ?? []), listensOn.toLowerCase()]
}

async function isOwnMachine(host: string): Promise<boolean> {
  // Where there is no such name, there is nothing to listen on either, which is told elsewhere.
  const found = await lookup(host).catch(() => null)
  return found !== null && loopback.check(found.address, found.family === 6 ? 'ipv6' : 'ipv4')
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')
