import { createTheme, type MantineColorsTuple } from '@mantine/core'

const tide: MantineColorsTuple = [
  '#e6f7f9',
  '#d3edf1',
  '#a7dae2',
  '#77c6d2',
  '#50b5c5',
  '#35a8ba',
  '#1793a7',
  '#0b7f93',
  '#0b6b7c',
  '#065766',
]

/** Neutral greys with a little of the sea in them. */
const gray: MantineColorsTuple = [
  '#f7f9fa',
  '#eff3f4',
  '#e3e9eb',
  '#d3dbde',
  '#b9c4c8',
  '#93a2a8',
  '#66767d',
  '#4a5a61',
  '#323f45',
  '#1d272b',
]

const dark: MantineColorsTuple = [
  '#dbe4e7',
  '#b6c4c9',
  '#93a5ab',
  '#65787f',
  '#3a4a50',
  '#2b393e',
  '#1f2b30',
  '#172126',
  '#10181c',
  '#0a1013',
]

export const theme = createTheme({
  primaryColor: 'tide',
  primaryShade: { light: 8, dark: 7 },
  colors: { tide, gray, dark },
  defaultRadius: 'md',
  cursorType: 'pointer',
  // The system's own, by name: what Linux calls `system-ui` is often a wide one.
  fontFamily: '-apple-system, "Segoe UI", Roboto, Inter, "Noto Sans", "Liberation Sans", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace',
  headings: { fontWeight: '650', sizes: { h1: { fontSize: '1.5rem' }, h2: { fontSize: '1.05rem' } } },
  respectReducedMotion: true,
})
