import { configure } from '@testing-library/react'

/** What a page is to show is waited for as long as what `expect.poll` waits for: a limit for what never comes. */
configure({ asyncUtilTimeout: 30_000 })
