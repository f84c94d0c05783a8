import { Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { IconLock } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import classes from './parts.module.css'

interface NoticeProps {
  readonly icon: typeof IconLock
  readonly title: string
  /** It is all there is on the page, and so its title is the page's. */
  readonly isPage?: boolean
  readonly children?: ReactNode
}

/** Something instead of contents: an icon, what there is to say, and what to do. */
export function Notice({ icon: Icon, title, isPage = false, children }: NoticeProps) {
  // Nothing leaves the title as it is.
  useDocumentTitle(isPage ? `${title} · Tidemark` : '')
  return (
    <div className={classes.notice}>
      <Icon size={36} stroke={1.5} aria-hidden className={classes.noticeIcon} />
      <Title order={isPage ? 1 : 2} fz="h2">
        {title}
      </Title>
      <div className={classes.noticeBody}>{children}</div>
    </div>
  )
}
