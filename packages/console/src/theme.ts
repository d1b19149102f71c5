import { createTheme, type MantineColorsTuple } from '@mantine/core';
import { texts } from './texts.ts';

/** Teal, the one accent. Shade 7 holds 5:1 against white and 3:1 against the dark surface, shade 4 is for text on dark. */
const teal: MantineColorsTuple = ['#e3f8f4', '#c9efe8', '#9de2d5', '#68d0bf', '#3fbfab', '#1fa893', '#0d9080', '#087a6c', '#06645a', '#054d46'];
/** Neutrals with a trace of blue-green, so that pictures stand out and the accent belongs. */
const gray: MantineColorsTuple = ['#f7f9f9', '#eff2f3', '#e3e8e9', '#d3dadc', '#b6c0c3', '#8b979b', '#5a676c', '#434f54', '#2c363a', '#192124'];
const dark: MantineColorsTuple = ['#dbe2e4', '#b4bfc3', '#93a0a5', '#66737a', '#3b464b', '#2d373b', '#232b2f', '#161c1f', '#101517', '#0b0f11'];

/** The console's look in Mantine's terms; colours outside its components come from tokens.css. */
export const theme = createTheme({
  primaryColor: 'teal',
  primaryShade: 7,
  autoContrast: true,
  colors: { teal, gray, dark },
  black: '#192124',
  fontFamily: "system-ui, -apple-system, 'Segoe UI', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace",
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  headings: {
    fontWeight: '620',
    sizes: {
      h1: { fontSize: '1.25rem', lineHeight: '1.4' },
      h2: { fontSize: '1rem', lineHeight: '1.4' },
      h3: { fontSize: '0.875rem', lineHeight: '1.4' },
    },
  },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  components: {
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray', size: 'md' } },
    // Words as they are written, whole.
    Badge: { styles: { root: { textTransform: 'none', overflow: 'visible', fontWeight: 560 }, label: { overflow: 'visible' } } },
    Button: { defaultProps: { size: 'xs' } },
    TextInput: { defaultProps: { size: 'sm' } },
    PasswordInput: { defaultProps: { size: 'sm', visibilityToggleButtonProps: { 'aria-label': texts.common.showPassword } } },
    Textarea: { defaultProps: { size: 'sm' } },
    Select: { defaultProps: { size: 'sm', comboboxProps: { shadow: 'md' } } },
    Modal: { defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.45 }, closeButtonProps: { 'aria-label': texts.common.close } } },
    // Only what has a role may be given a name.
    Skeleton: { defaultProps: { role: 'status' } },
    // The focus goes to the first line at once: a menu holds nothing but lines.
    Menu: { defaultProps: { shadow: 'md', withInitialFocusPlaceholder: false } },
    Tooltip: { defaultProps: { openDelay: 400, withArrow: true } },
    Table: { defaultProps: { verticalSpacing: 6, horizontalSpacing: 'sm', highlightOnHover: true } },
  },
});
