import { CloseButton, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useRef } from 'react'

interface SearchFieldProps {
  readonly label: string
  readonly placeholder: string
  readonly className: string | undefined
  readonly words: string
  readonly onChange: (words: string) => void
  readonly onEnter?: () => void
}

/** What a list is searched by. `/` leads to it, Escape empties it. */
export function SearchField({ label, placeholder, className, words, onChange, onEnter }: SearchFieldProps) {
  const field = useRef<HTMLInputElement>(null)
  const empty = (): void => {
    onChange('')
    // The button goes with the words.
    field.current?.focus()
  }
  return (
    <TextInput
      ref={field}
      data-search
      className={className}
      placeholder={placeholder}
      aria-label={label}
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSection={words !== '' && <CloseButton size="sm" aria-label="Empty the search" onClick={empty} />}
      value={words}
      onChange={(event) => onChange(event.currentTarget.value)}
      onKeyDown={({ key }) => {
        if (key === 'Escape') onChange('')
        if (key === 'Enter') onEnter?.()
      }}
    />
  )
}
