import { Button, Modal, PasswordInput, Stack, Text } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { giveToken, useToken } from '../api/token.js'
import classes from '../parts/parts.module.css'

/** Asks for a token when the server wants one. */
export function TokenPrompt() {
  const { asked, refused } = useToken()
  const [value, setValue] = useState('')
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (value.trim() !== '') giveToken(value.trim())
    setValue('')
  }
  return (
    <Modal
      opened={asked}
      onClose={() => {}}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      centered
      title="This server wants a token"
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
