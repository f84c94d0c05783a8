import { Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'
import classes from './shell.module.css'

export function PageTitle({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  useDocumentTitle(`${title} · Tidemark`)
  return (
    <div className={classes.pageTitle}>
      <Title order={1}>{title}</Title>
      {children}
    </div>
  )
}
