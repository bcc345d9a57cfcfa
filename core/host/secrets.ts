/** The text without the password of this URL, in whatever encoding it may have got in. */
export function withoutSecrets(text: string, databaseUrl: string | undefined): string {
  const anyUrl = text.replaceAll(/(\w+:\/\/[^\s:/@]*):[^\s@]*@/g, '$1:…@').replaceAll(/(password=)[^\s&]+/gi, '$1…');
  return secretsOf(databaseUrl).reduce((clean, secret) => clean.replaceAll(secret, '…'), anyUrl);
}

function secretsOf(databaseUrl: string | undefined): string[] {
  if (databaseUrl === undefined) return [];
  const url = URL.parse(databaseUrl);
  if (url === null) return [databaseUrl];
  const given = [url.password, url.searchParams.get('password') ?? ''];
  return given.flatMap((secret) => (secret === '' ? [] : [secret, decoded(secret)]));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** "host/database" of a connection URL, for people. */
export function labelOf(databaseUrl: string): string {
  const url = URL.parse(databaseUrl);
  if (url === null) return 'configured server';
  const host = decoded(url.hostname) || url.searchParams.get('host') || 'localhost';
  return `${host}${url.port === '' ? '' : `:${url.port}`}${decoded(url.pathname)}`;
}
