import { Button, Modal, PasswordInput, Stack, Text } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { giveToken, keepToken, useToken } from '../api/token.js'
import classes from '../parts/parts.module.css'

/** Asks for a token when the server wants one. */
export function TokenPrompt() {
  const { asked, refused, offered } = useToken()
  const [value, setValue] = useState('')
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (value.trim() !== '') giveToken(value.trim())
    setValue('')
  }
  return (
    <Modal
      opened={asked || offered}
      onClose={keepToken}
      withCloseButton={!asked}
      closeButtonProps={{ 'aria-label': 'Close' }}
      closeOnEscape={!asked}
      closeOnClickOutside={!asked}
      centered
      title={asked ? 'This server wants a token' : 'Use another token'}
    >
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">
            What views are made of, and what can be done with them, is shown to those who have a token for it: one of{' '}
            <code className={classes.code}>http.access.tokens</code> in the configuration.
          </Text>
          <PasswordInput
            label="Token"
            description="Kept in this tab only, until it is closed."
            value={value}
            onChange={(event) => setValue(event.currentTarget.value)}
            error={refused ? 'The last one was refused: it is unknown, expired, or not meant for this.' : undefined}
            data-autofocus
            autoComplete="off"
          />
          <Button type="submit" disabled={value.trim() === ''}>
            Continue
          </Button>
        </Stack>
      </form>
    </Modal>
  )
}
