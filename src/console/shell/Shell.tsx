import { ActionIcon, Anchor, Tooltip, useMantineColorScheme } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconActivity, IconKeyboard, IconLayoutList, IconMoon, IconSitemap, IconSun } from '@tabler/icons-react'
import { type ReactNode, useEffect, useRef } from 'react'
import { Link, useLocation } from 'wouter'
import { paths } from '../paths.js'
import { ConnectionPill } from './ConnectionPill.js'
import { Help } from './Help.js'
import { Interruption } from './Interruption.js'
import { SaveProblems } from './SaveProblems.js'
import classes from './shell.module.css'
import { TokenPrompt } from './TokenPrompt.js'
import { useShortcuts } from './useShortcuts.js'

const pages = [
  { path: paths.overview, label: 'Overview', icon: IconLayoutList },
  { path: paths.lineage, label: 'Lineage', icon: IconSitemap },
  { path: paths.activity, label: 'Activity', icon: IconActivity },
] as const

export function Shell({ children }: { readonly children: ReactNode }) {
  const [helpOpen, help] = useDisclosure(false)
  const [location, navigate] = useLocation()
  useShortcuts({
    '/': () => document.querySelector<HTMLInputElement>('[data-search] input, input[data-search]')?.focus(),
    'g o': () => navigate(paths.overview),
    'g l': () => navigate(paths.lineage),
    'g a': () => navigate(paths.activity),
    '?': help.open,
  })
  const main = useFocusOnNavigation(location)
  return (
    <div className={classes.shell}>
      <button type="button" className={classes.skip} onClick={() => main.current?.focus()}>
        Skip to contents
      </button>
      <header className={classes.header}>
        <div className={classes.bar}>
          <Anchor component={Link} href={paths.overview} underline="never" className={classes.brand}>
            <img src="./tidemark.svg" alt="" width={28} height={28} />
            <span>Tidemark</span>
          </Anchor>
          <nav className={classes.nav} aria-label="Pages">
            {pages.map(({ path, label, icon: Icon }) => (
              <Link key={path} href={path} aria-current={isWithin(location, path) ? 'page' : undefined}>
                <Icon size={18} aria-hidden />
                <span>{label}</span>
              </Link>
            ))}
          </nav>
          <div className={classes.tools}>
            <ConnectionPill />
            <SchemeSwitch />
            <Tooltip label="Keyboard (?)" withArrow>
              <ActionIcon
                className={classes.wideOnly}
                variant="subtle"
                color="gray"
                size="lg"
                aria-label="Keyboard shortcuts"
                onClick={help.open}
              >
                <IconKeyboard size={20} />
              </ActionIcon>
            </Tooltip>
          </div>
        </div>
      </header>
      <main className={classes.main} id="main" ref={main} tabIndex={-1}>
        <Interruption />
        <SaveProblems />
        {children}
      </main>
      <Help opened={helpOpen} onClose={help.close} />
      <TokenPrompt />
    </div>
  )
}

function isWithin(location: string, path: string): boolean {
  if (path === paths.overview) return location === path || location.startsWith('/views/')
  return location.startsWith(path)
}

/** A page that was navigated to begins at its top, and for the keyboard too. Its tabs are not another page. */
function useFocusOnNavigation(location: string) {
  const main = useRef<HTMLElement>(null)
  const page = location.split('/').slice(0, 3).join('/')
  const before = useRef(page)
  useEffect(() => {
    if (before.current === page) return
    before.current = page
    window.scrollTo(0, 0)
    main.current?.focus({ preventScroll: true })
  }, [page])
  return main
}

function SchemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const systemDark = window.matchMedia('(prefers-color-scheme: dark)').matches
  const dark = colorScheme === 'dark' || (colorScheme === 'auto' && systemDark)
  const label = dark ? 'Light colours' : 'Dark colours'
  return (
    <Tooltip label={label} withArrow>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={label}
        // Back to what the system says: then it is followed again.
        onClick={() => setColorScheme(dark === systemDark ? (dark ? 'light' : 'dark') : 'auto')}
      >
        {dark ? <IconSun size={20} /> : <IconMoon size={20} />}
      </ActionIcon>
    </Tooltip>
  )
}
