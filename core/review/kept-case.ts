import type { CaseFile } from '../contract/case.ts';
import type { Json } from '../domain/json.ts';
import { caseFacts } from './case-facts.ts';
import { caseFileOf, type Reader } from './case-file.ts';

/** The case of facts that were kept as JSON; null where another version of Umpire kept them, so that they are to be fetched anew. */
export function caseFileOfKept(json: string, reader: Reader): CaseFile | null {
  const facts = caseFacts.safeParse(parsed(json));
  return facts.success ? caseFileOf(facts.data, reader) : null;
}

function parsed(json: string): Json {
  try {
    return JSON.parse(json) as Json;
  } catch {
    return null;
  }
}
