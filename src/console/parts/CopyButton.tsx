import { Button } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'

const shownMs = 1500

export function CopyButton({ text, label = 'Copy' }: { readonly text: string; readonly label?: string }) {
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle')
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const copy = (): void => {
    void write(text).then((copied) => {
      setState(copied ? 'copied' : 'refused')
      clearTimeout(timer.current)
      timer.current = setTimeout(() => setState('idle'), shownMs)
    })
  }
  const words = { idle: label, copied: 'Copied', refused: 'Not allowed' }
  return (
    <Button
      size="compact-sm"
      variant="default"
      onClick={copy}
      leftSection={state === 'copied' ? <IconCheck size={14} /> : <IconCopy size={14} />}
      aria-live="polite"
    >
      {words[state]}
    </Button>
  )
}

/** Browsers give a page the clipboard only over HTTPS or on this machine; elsewhere there is the old way. */
async function write(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = document.createElement('textarea')
    area.value = text
    document.body.append(area)
    area.select()
    const copied = document.execCommand('copy')
    area.remove()
    return copied
  }
}
