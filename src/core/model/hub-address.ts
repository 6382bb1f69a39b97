/** The Hub that an address leads to: neither the API key nor the wire profile makes it another one. */
export function hubAddressOf(baseUrl: string): string {
  const { origin, pathname } = new URL(baseUrl);
  return `${origin}${pathname}`.replace(/\/+$/, '');
}
