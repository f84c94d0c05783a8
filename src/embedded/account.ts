import { execFile } from 'node:child_process'
import { chown, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { TidemarkError } from '../protocol/errors.js'

const run = promisify(execFile)

/** The operating system's user that a server runs as. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/**
 * PostgreSQL refuses to run as root. So root lends its server an account that exists anyway: `postgres`, else
 * `nobody`. Undefined: run as whoever we are.
 */
export async function serverAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const accounts = parsePasswd(await readFile('/etc/passwd', 'utf8'))
  const account = accounts.get('postgres') ?? accounts.get('nobody')
  if (account !== undefined) return account
  throw new TidemarkError('EMBEDDED_SERVER', 'PostgreSQL does not run as root, and there is no other user to run it.', {
    hint: 'Run this as a normal user, or create one with "useradd --system postgres".',
  })
}

export function parsePasswd(text: string): Map<string, Account> {
  const accounts = new Map<string, Account>()
  for (const line of text.split('\n')) {
    const [name, , uid, gid] = line.split(':')
    if (name && uid && gid) accounts.set(name, { uid: Number(uid), gid: Number(gid) })
  }
  return accounts
}

/** Whether that account may execute the file: every directory above it must let it through, too. */
export async function canExecute(account: Account, file: string): Promise<boolean> {
  try {
    await run(file, ['--version'], { ...account, cwd: '/' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return false
    throw error
  }
}

export async function giveTo(account: Account, path: string): Promise<void> {
  await chown(path, account.uid, account.gid)
}

export async function giveTreeTo(account: Account, path: string): Promise<void> {
  await run('chown', ['-R', `${account.uid}:${account.gid}`, path])
}
