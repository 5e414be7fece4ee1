/** Colours of a theme, as hex codes. Those beside the offers' are those of styles.css. */
export interface Palette {
  page: string
  text: string
  quiet: string
  /** Seats that somebody holds: they may come back. */
  held: string
  /** Seats that can't be had. */
  faint: string
  /** The stage. */
  line: string
  accent: string
  offers: readonly string[]
  /** Whether seats that are held, sold or kept back stand out, as for who sells them. Fans look for those that are free. */
  tellsTaken: boolean
}

/**
 * Five colours a theme that stay apart for people who see no red, no green or no blue, and from the page. palette.test.ts holds them
 * to it; a sixth that did would be near one of these, so further offers differ by shape.
 */
export const palettes: Record<'light' | 'dark', Palette> = {
  light: {
    page: '#ffffff',
    text: '#16171d',
    quiet: '#565964',
    held: '#767985',
    faint: '#a9abb5',
    line: '#d9dae0',
    accent: '#4338ca',
    offers: ['#3a36c9', '#e06c14', '#12927a', '#c66fdc', '#7d1a2f'],
    tellsTaken: false,
  },
  dark: {
    page: '#101114',
    text: '#f1f1f4',
    quiet: '#a9acb7',
    held: '#8b8e9a',
    faint: '#5f626e',
    line: '#34363e',
    accent: '#a5a0ff',
    offers: ['#f4cd3a', '#5fe3b3', '#a95cf5', '#3f7ba6', '#e3364f'],
    tellsTaken: false,
  },
}

/** The same colours, for who sells the seats. */
export const operatorPalettes: typeof palettes = {
  light: { ...palettes.light, tellsTaken: true },
  dark: { ...palettes.dark, tellsTaken: true },
}

/** Colour and shape of the free seats of an offer, by its place among the offers. After twice as many as there are colours they repeat. */
export function lookOfOffer(offer: number, { offers }: Palette): { colour: string; isRound: boolean } {
  return {
    colour: offers[offer % offers.length] ?? '#000000',
    isRound: Math.floor(offer / offers.length) % 2 === 1,
  }
}

/** Black or white, whichever is read better on the colour. */
export function inkOn(colour: string): string {
  return luminance(colour) > 0.18 ? '#000000' : '#ffffff'
}

/** Relative luminance as WCAG has it, 0 to 1. */
export function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = linear(colour)
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** Red, green and blue of a hex code as amounts of light, 0 to 1. */
export function linear(colour: string): number[] {
  return [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
}
