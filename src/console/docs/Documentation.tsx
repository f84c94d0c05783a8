import { Drawer, Loader, Stack, Text } from '@mantine/core'
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react'
import { Prose } from '../parts/Prose.js'
import { Sql } from '../parts/Sql.js'
import { type Block, blocksOf, sectionOf } from './sections.js'

const DocumentationContext = createContext<(code: string) => void>(() => {})

/** Opens what the reference says about a code. */
export function useDocumentation(): (code: string) => void {
  return useContext(DocumentationContext)
}

/** The reference is only loaded when somebody asks. */
async function find(code: string): Promise<readonly Block[] | undefined> {
  const [reasons, errors] = await Promise.all([
    import('../../../docs/reference/reasons.md?raw'),
    import('../../../docs/reference/errors.md?raw'),
  ])
  const section = sectionOf(reasons.default, code) ?? sectionOf(errors.default, code)
  return section === undefined ? undefined : blocksOf(section)
}

export function DocumentationProvider({ children }: { readonly children: ReactNode }) {
  const [code, setCode] = useState<string | null>(null)
  return (
    <DocumentationContext.Provider value={setCode}>
      {children}
      <Drawer
        opened={code !== null}
        onClose={() => setCode(null)}
        position="right"
        size="lg"
        title={<code>{code}</code>}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        {code !== null && <Section code={code} />}
      </Drawer>
    </DocumentationContext.Provider>
  )
}

function Section({ code }: { readonly code: string }) {
  const [blocks, setBlocks] = useState<readonly Block[] | null>(null)
  useEffect(() => {
    let current = true
    void find(code)
      .catch(() => undefined)
      .then((found) => {
        if (current)
          setBlocks(found ?? [{ kind: 'text', text: 'The reference that came with this console does not know it.' }])
      })
    return () => {
      current = false
    }
  }, [code])
  if (blocks === null) return <Loader aria-label="Loading" />
  return (
    <Stack>
      {blocks.map((block) => (
        <BlockView key={block.text} block={block} />
      ))}
    </Stack>
  )
}

function BlockView({ block }: { readonly block: Block }) {
  if (block.kind === 'code') return <Sql text={block.text} label="Example" />
  return (
    <Text pl={block.kind === 'item' ? 'md' : 0}>
      {block.kind === 'item' && '• '}
      <Prose text={block.text} />
    </Text>
  )
}
