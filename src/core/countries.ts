/** Names that people use beside those of the Unicode project, which change from one version to the next. */
const otherNames: Readonly<Record<string, string>> = {
  usa: 'US',
  'united states of america': 'US',
  uk: 'GB',
  'great britain': 'GB',
  england: 'GB',
  scotland: 'GB',
  wales: 'GB',
  'northern ireland': 'GB',
  'czech republic': 'CZ',
  czechia: 'CZ',
  turkey: 'TR',
  turkiye: 'TR',
  'russian federation': 'RU',
  'republic of korea': 'KR',
  korea: 'KR',
  'the netherlands': 'NL',
  holland: 'NL',
  'republic of ireland': 'IE',
  'viet nam': 'VN',
  macedonia: 'MK',
  swaziland: 'SZ',
  'ivory coast': 'CI',
  'hong kong': 'HK',
  macau: 'MO',
  uae: 'AE',
  burma: 'MM',
};

/** Finds one of these countries by its code or its English name, in any case. */
export function createCountryLookup(countries: readonly string[]): (text: string) => string | null {
  let codes: ReadonlyMap<string, string> | null = null;
  return (text) => (codes ??= readCodes(countries)).get(normalizeName(text)) ?? null;
}

function readCodes(countries: readonly string[]): ReadonlyMap<string, string> {
  const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });
  return new Map([
    ...countries.flatMap((code) => [
      [code.toLowerCase(), code] as const,
      [normalizeName(names.of(code) ?? code), code] as const,
    ]),
    ...Object.entries(otherNames),
  ]);
}

/** Without accents, dots and what stands in brackets: `Türkiye`, `U.S.A.`, `Korea (Republic of)`. */
function normalizeName(name: string): string {
  return name
    .normalize('NFD')
    .replaceAll(/\p{M}|\./gu, '')
    .replaceAll(/\(.*?\)/g, '')
    .replaceAll('&', 'and')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .toLowerCase();
}
