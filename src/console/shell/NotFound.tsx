import { Button } from '@mantine/core'
import { IconMapOff } from '@tabler/icons-react'
import { Link } from 'wouter'
import { Notice } from '../parts/Notice.js'
import { paths } from '../paths.js'

export function NotFound() {
  return (
    <Notice icon={IconMapOff} title="There is no such page" isPage>
      <Button component={Link} href={paths.overview}>
        To the overview
      </Button>
    </Notice>
  )
}
