/** Packages whose code is in the console's pages come with their licences, and under none that would ask more of our users. */
import { readFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'vite'
import { beforeAll, describe, expect, test } from 'vitest'
import { consoleConfig, licensesFile } from '../../scripts/console-build.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const allowed = new Set(['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'Unlicense', 'CC0-1.0'])
/** Of these the package itself has no text: only the name of its licence. */
const withoutText = ['react-remove-scroll-bar', 'wouter']

interface Notice {
  readonly name: string
  readonly license: string
  readonly text: string
}

/** `## name - version (license)`, and its text. */
function noticesIn(file: string): Notice[] {
  return file
    .split(/^## (?=\S+ - \d)/m)
    .slice(1)
    .map((part) => {
      const [, name = '', license = ''] = /^(\S+) - \S+(?: \((.+)\))?$/m.exec(part) ?? []
      return { name, license, text: part.slice(part.indexOf('\n')).trim() }
    })
}

/** What is joined by AND has to be allowed each, of what is joined by OR one. */
function isAllowed(license: string): boolean {
  const any = license.replaceAll(/[()]/g, '').split(' OR ')
  return any.some((all) => all.split(' AND ').every((one) => allowed.has(one)))
}

const notices = noticesIn(readFileSync(`${root}dist/console/${licensesFile}`, 'utf8'))

describe('the packages in the console', () => {
  let bundled: string[]

  // Found by another way than the notices are: from the modules of the pages, and from the style sheets that were read.
  beforeAll(async () => {
    const packages = new Set<string>()
    const collect: Plugin = {
      name: 'collect-packages',
      transform: (_, id) => void (/\.css($|\?)/.test(id) && add(packages, id)),
      generateBundle: (_, bundle) => {
        for (const file of Object.values(bundle))
          if (file.type === 'chunk') for (const id of file.moduleIds) add(packages, id)
      },
    }
    const { plugins = [], ...config } = await consoleConfig()
    await build({ ...config, plugins: [...plugins, collect], build: { ...config.build, write: false } })
    bundled = [...packages].sort()
  })

  test('are in the notices, and nothing else is', () => {
    expect(bundled).toContain('@mantine/core')
    expect(notices.map(({ name }) => name).sort()).toEqual(bundled)
  })

  test('are under licences that we know', () => {
    expect(notices.filter(({ license }) => !isAllowed(license))).toEqual([])
  })

  test('come with the text of theirs', () => {
    expect(notices.filter(({ text }) => text.length < 200).map(({ name }) => name)).toEqual(withoutText)
  })

  test('are packed with ours', () => {
    const { files } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { files: string[] }
    expect(files).toContain('dist')
  })
})

test('a licence that asks for more is not taken', () => {
  const planted = noticesIn(
    '# Licenses\n\n## viral - 1.0.0 (GPL-3.0-only)\n\ntext\n\n## nothing - 1.0.0\n\n## @a/b - 2.0.0 (MIT OR GPL-2.0)\n',
  )
  expect(planted.map(({ name, license }) => [name, license, isAllowed(license)])).toEqual([
    ['viral', 'GPL-3.0-only', false],
    ['nothing', '', false],
    ['@a/b', 'MIT OR GPL-2.0', true],
  ])
  expect(isAllowed('MIT AND LGPL-3.0')).toBe(false)
})

/** The name of the package that a module is of, by the nearest package.json that has a name and a version. */
function add(packages: Set<string>, id: string): void {
  const path = id.split('?', 1)[0] ?? ''
  if (!path.includes(`${sep}node_modules${sep}`) || id.startsWith('\0')) return
  for (let folder = dirname(path); folder.length > root.length; folder = dirname(folder)) {
    const { name, version } = manifest(folder)
    if (name === undefined || version === undefined) continue
    packages.add(name)
    return
  }
}

function manifest(folder: string): { name?: string; version?: string } {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: string; version?: string }
  } catch {
    return {}
  }
}
