/** TypeScript of the pages, compiled against the package as it is built, under the name that users import. */
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import ts from 'typescript'
import { type Block, root } from './pages.js'

const options: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  allowJs: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  jsx: ts.JsxEmit.ReactJSX,
  types: ['node'],
  // As an application calls its own root.
  paths: { '@/*': ['./test/docs/snippets/*'] },
}

/** Inside of the project, so that `tidemark` means this package. Nothing is written there. */
const directory = `${root}test/docs/snippets`

const libraries = new Map<string, ts.SourceFile | undefined>()

/**
 * What is wrong with the blocks of a page. Each is a module; they see each other by `file` and by what they declare globally.
 * `generated` is the text of `tidemark.views.ts`, which they may import.
 */
export function checkTypeScript(blocks: readonly Block[], generated: string): Map<Block, string[]> {
  if (blocks.length === 0) return new Map()
  const files = new Map([[`${directory}/tidemark.views.ts`, generated]])
  const blockOf = new Map<string, Block>()
  for (const block of blocks) {
    const file = `${directory}/${block.notes.get('file') ?? `line-${block.line}.${block.language}`}`
    files.set(file, moduleOf(block))
    blockOf.set(file, block)
  }
  const program = ts.createProgram([...files.keys()], options, hostOf(files))
  const problems = new Map(blocks.map((block) => [block, [] as string[]]))
  for (const diagnostic of ts.getPreEmitDiagnostics(program)) {
    const block = blockOf.get(diagnostic.file?.fileName ?? '')
    const said = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')
    if (block === undefined) throw new Error(`${diagnostic.file?.fileName}: ${said}`)
    const row = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? 0
    problems.get(block)?.push(`${block.page}:${block.line + 1 + row}: ${said}`)
  }
  return problems
}

/** On the same lines as on the page. A fragment is one of options. */
function moduleOf({ code, notes }: Block): string {
  const given = notes.get('given')
  const imports = given === undefined ? '' : `import { ${given} } from '../given.js'; `
  if (/^\w+: /.test(code)) {
    return `import type { ConfigOptions, ViewOptions } from 'tidemark'; import { view } from 'tidemark'; ${imports}export const fragment: Partial<ConfigOptions & { name: string }> | Partial<ViewOptions> = { ${code}}; void view`
  }
  return `${imports}${code}\nexport {}`
}

function hostOf(files: ReadonlyMap<string, string>): ts.CompilerHost {
  const host = ts.createCompilerHost(options)
  const read = host.getSourceFile.bind(host)
  return {
    ...host,
    fileExists: (path) => files.has(path) || host.fileExists(path),
    readFile: (path) => files.get(path) ?? host.readFile(path),
    directoryExists: (path) => path === directory || (host.directoryExists?.(path) ?? existsSync(path)),
    getSourceFile: (path, ...rest) => {
      const text = files.get(path)
      if (text !== undefined) return ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true)
      if (!libraries.has(path)) libraries.set(path, read(path, ...rest))
      return libraries.get(path)
    },
    getCurrentDirectory: () => root,
    getCanonicalFileName: (path) => path,
    writeFile: (path) => {
      throw new Error(`nothing is to be written, but ${basename(path)} was`)
    },
  }
}
