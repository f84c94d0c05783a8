import { formatDialect, postgresql } from 'sql-formatter'

export function formatSql(text: string): string {
  return formatDialect(text, { dialect: postgresql, tabWidth: 2, keywordCase: 'preserve', expressionWidth: 90 })
}
