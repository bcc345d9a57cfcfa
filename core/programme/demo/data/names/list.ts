export type NameList = { readonly given: readonly string[]; readonly family: readonly string[] };
