/** A term within one text field, as one string: the field's number as the first character, then the term. */
export function fieldKey(field: number, term: string): string {
  return String.fromCharCode(field + 1) + term;
}

export function keyField(key: string): number {
  return key.charCodeAt(0) - 1;
}

export function keyTerm(key: string): string {
  return key.slice(1);
}
