/** What is chosen of each field; fields with nothing chosen are not there. */
export type Choices = Map<string, Set<string>>;

/** Ticks a value or takes the tick away. */
export function toggleChoice(choices: Choices, field: string, value: string): void {
  const values = choices.get(field) ?? new Set();
  if (!values.delete(value)) values.add(value);
  if (values.size === 0) choices.delete(field);
  else choices.set(field, values);
}

/** The choices as a search's filter: any of a field's values, and all of the fields. */
export function filterOf(choices: Choices): Record<string, string[]> {
  return Object.fromEntries([...choices].map(([field, values]) => [field, [...values]]));
}
