import { createTheme, type CSSVariablesResolver } from '@mantine/core'

export const theme = createTheme({
  primaryColor: 'harbor',
  primaryShade: { light: 7, dark: 7 },
  colors: {
    harbor: ['#eaf5fc', '#d3e8f6', '#a5d0ec', '#74b7e3', '#4ea2db', '#3895d6', '#2a83c2', '#1d6f9f', '#155a84', '#0b4263'],
  },
  defaultRadius: 'md',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace',
  headings: { fontWeight: '650', sizes: { h1: { fontSize: '1.5rem' }, h2: { fontSize: '1.05rem' }, h3: { fontSize: '1rem' } } },
  respectReducedMotion: true,
  components: {
    Card: { defaultProps: { withBorder: true, padding: 'lg' } },
    Input: { defaultProps: { size: 'sm' } },
    // A menu's first item takes the focus, and the menu stays in its landmark.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false, withinPortal: false, transitionProps: { duration: 0 } } },
    // What fades cannot be read meanwhile.
    SegmentedControl: { defaultProps: { transitionDuration: 0 } },
    Tooltip: { defaultProps: { withArrow: true, events: { hover: true, focus: true, touch: true } } },
  },
})

/** Colours that the library has too pale for WCAG AA on our backgrounds. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: { '--mantine-color-dimmed': '#566070', '--mantine-color-body': '#f6f8fa', '--mantine-color-error': '#c92a2a' },
  dark: { '--mantine-color-dimmed': '#a3abb6', '--mantine-color-error': '#ff8787' },
})
