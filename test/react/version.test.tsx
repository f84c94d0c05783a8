import { version } from 'react'
import { version as domVersion } from 'react-dom'
import { expect, test } from 'vitest'

test('tests of components run on the React that their project names', ({ task }) => {
  const project = task.file.projectName
  expect([version, domVersion].map((text) => `react-${text.split('.')[0]}`)).toEqual([project, project])
})
