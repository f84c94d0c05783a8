/**
 * Whether it is the name of an IANA time zone. Offsets ('+02:00'), which newer releases of Node take as zones, are
 * refused: PostgreSQL reads the sign of such a text the other way round.
 */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
